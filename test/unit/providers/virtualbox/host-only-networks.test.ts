import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  createHostOnlyNetwork,
  listHostOnlyNetworks,
  parseHostOnlyInterfaces,
  parseHostOnlyNetworks,
  removeHostOnlyNetwork,
  servedNetworks,
} from '../../../../src/providers/virtualbox/host-only-networks.ts';
import type { VirtualMachine } from '../../../../src/providers/virtualbox/virtual-machines.ts';
import { VBoxManage } from '../../../../src/providers/virtualbox/vbox-manage.ts';
import { fakeExec, type ScriptedCommand } from '../../../support/fake-exec.ts';
import { readTranscript } from '../../../support/transcript.ts';

/** Two records in the form of list-bridgedifs.txt, which VirtualBox prints by the same code. */
const interfaces = `Name:            vboxnet0
GUID:            786f6276-656e-4074-8000-0a0027000000
DHCP:            Disabled
IPAddress:       192.168.56.1
NetworkMask:     255.255.255.0
IPV6Address:     
IPV6NetworkMaskPrefixLength: 0
HardwareAddress: 0a:00:27:00:00:00
MediumType:      Ethernet
Wireless:        No
Status:          Down
VBoxNetworkName: HostInterfaceNetworking-vboxnet0

Name:            vboxnet1
GUID:            786f6276-656e-4174-8000-0a0027000001
DHCP:            Disabled
IPAddress:       0.0.0.0
NetworkMask:     0.0.0.0
IPV6Address:     
IPV6NetworkMaskPrefixLength: 0
HardwareAddress: 0a:00:27:00:00:01
MediumType:      Ethernet
Wireless:        No
Status:          Down
VBoxNetworkName: HostInterfaceNetworking-vboxnet1

`;
/** What Vagrant makes on macOS; VirtualBox prints an empty line within the record. */
const networks = `Name:            vagrantnet-vbox1
GUID:            bc907fa2-e158-4c1b-96fb-63b8765a64d8

State:           Enabled
NetworkMask:     255.255.255.0
LowerIP:         192.168.56.0
UpperIP:         192.168.56.0
VBoxNetworkName: hostonly-vagrantnet-vbox1

`;
/** A master, a machine of somebody else, and two of the lab `nat`; all on NAT only. */
const longList = readFileSync(
  new URL('../../../fixtures/virtualbox/list-long-vms.txt', import.meta.url),
  'utf8',
);
const dhcp = readTranscript('virtualbox/list-dhcpservers.txt');

function vboxManage(script: readonly ScriptedCommand[]): { calls: string[]; vboxManage: VBoxManage } {
  const { exec, calls } = fakeExec(script);
  return { calls, vboxManage: new VBoxManage(exec) };
}

describe('what VBoxManage lists', () => {
  it('reads records as VirtualBox prints them', () => {
    const [eth0, ifb0] = parseHostOnlyInterfaces(readTranscript('virtualbox/list-bridgedifs.txt').stdout);
    expect(eth0).toMatchObject({
      name: 'eth0',
      address: '192.0.2.2',
      netmask: '255.255.255.0',
      subnet: '192.0.2.0/24',
    });
    expect(ifb0).toMatchObject({ name: 'ifb0', address: '', subnet: '' });
    expect(parseHostOnlyInterfaces(readTranscript('virtualbox/list-hostonlyifs-none.txt').stdout)).toEqual(
      [],
    );
  });

  it('knows on which networks VirtualBox gives out addresses', () => {
    const serving = servedNetworks(dhcp.stdout);
    expect(parseHostOnlyInterfaces(interfaces, serving).map(({ name, dhcp }) => [name, dhcp])).toEqual([
      ['vboxnet0', true],
      ['vboxnet1', false],
    ]);
    expect(servedNetworks(dhcp.stdout.replace(/Enabled:.*/, 'Enabled:        No')).size).toBe(0);
  });

  it('reads the networks of macOS', () => {
    expect(parseHostOnlyNetworks(networks)).toEqual([
      {
        ...{ name: 'vagrantnet-vbox1', address: '192.168.56.0', netmask: '255.255.255.0' },
        ...{ subnet: '192.168.56.0/24', dhcp: false, kind: 'network' },
      },
    ]);
  });
});

describe.skipIf(process.platform === 'darwin')('the network of a lab', () => {
  const none: ScriptedCommand[] = [
    { command: 'VBoxManage list hostonlyifs', result: { stdout: '' } },
    { command: 'VBoxManage list dhcpservers', result: dhcp },
  ];
  const there: ScriptedCommand[] = [
    { command: 'VBoxManage list hostonlyifs', result: { stdout: interfaces } },
    { command: 'VBoxManage list dhcpservers', result: dhcp },
  ];
  const request = { subnet: '192.168.57.0/24', gateway: '192.168.57.1' };
  const created = "0%...10%...100%\nInterface 'vboxnet0' was successfully created\n";

  it('is made with this host at its gateway and without a DHCP server, once', async () => {
    const run = vboxManage([
      ...none,
      { command: 'VBoxManage hostonlyif create', result: { stdout: created } },
      { command: /^VBoxManage (hostonlyif ipconfig|dhcpserver remove)/ },
    ]);
    await createHostOnlyNetwork(run.vboxManage, request);
    expect(run.calls.slice(2)).toEqual([
      'VBoxManage hostonlyif create',
      'VBoxManage hostonlyif ipconfig vboxnet0 --ip 192.168.57.1 --netmask 255.255.255.0',
      'VBoxManage dhcpserver remove --interface=vboxnet0',
    ]);
    const again = vboxManage(there);
    await createHostOnlyNetwork(again.vboxManage, { subnet: '192.168.56.0/24', gateway: '192.168.56.1' });
    expect(again.calls).toHaveLength(2);
  });

  it('leaves no interface behind when its address is refused', async () => {
    const run = vboxManage([
      ...none,
      { command: 'VBoxManage hostonlyif create', result: { stdout: created } },
      {
        command: /ipconfig/,
        result: { exitCode: 1, stderr: 'VBoxManage: error: Code E_ACCESSDENIED (0x80070005)' },
      },
      { command: 'VBoxManage hostonlyif remove vboxnet0' },
    ]);
    await expect(createHostOnlyNetwork(run.vboxManage, request)).rejects.toMatchObject({
      code: 'LAB_NETWORK_FAILED',
      details: { output: expect.stringContaining('E_ACCESSDENIED') as string },
    });
    expect(run.calls.at(-1)).toBe('VBoxManage hostonlyif remove vboxnet0');
  });

  it('tells why it cannot be made without the kernel module', async () => {
    const stderr = `0%...NS_ERROR_FAILURE
VBoxManage: error: Failed to create the host-only adapter
VBoxManage: error: VBoxNetAdpCtl: Error while adding new interface: failed to open /dev/vboxnetctl: No such file or directory
`;
    const run = vboxManage([
      ...none,
      { command: 'VBoxManage hostonlyif create', result: { exitCode: 1, stderr } },
    ]);
    await expect(createHostOnlyNetwork(run.vboxManage, request)).rejects.toMatchObject({
      code: 'LAB_NETWORK_FAILED',
      details: {
        command: 'VBoxManage hostonlyif create',
        output: expect.stringContaining('vboxnetctl') as string,
      },
    });
  });

  const listing = 'VBoxManage list --long vms';
  const machines = (text: string): ScriptedCommand => ({ command: listing, result: { stdout: text } });
  /** Of the machines in the list, those that a lab has made. */
  const isOwn = ({ mark }: VirtualMachine): boolean => mark !== undefined;

  it('is removed with its DHCP server, and nothing else is', async () => {
    const run = vboxManage([...there, machines(longList), { command: /remove/ }]);
    expect(await removeHostOnlyNetwork(run.vboxManage, '192.168.56.0/24', isOwn)).toEqual({
      outcome: 'removed',
    });
    expect(run.calls.slice(2)).toEqual([
      listing,
      'VBoxManage dhcpserver remove --interface=vboxnet0',
      'VBoxManage hostonlyif remove vboxnet0',
    ]);
    const other = vboxManage(there);
    expect(await removeHostOnlyNetwork(other.vboxManage, '192.168.57.0/24', isOwn)).toEqual({
      outcome: 'absent',
    });
    expect(other.calls).toHaveLength(2);
  });

  const attach = (machine: string): string => {
    const [before = '', after = ''] = longList.split(new RegExp(`^(?=Name: +${machine}$)`, 'm'));
    return before + after.replace('Attachment: NAT', "Attachment: Host-only Interface 'vboxnet0'");
  };

  it('is left where somebody else has put a machine on it, and the machine is named', async () => {
    const run = vboxManage([...there, machines(attach('a-core-01'))]);
    expect(await removeHostOnlyNetwork(run.vboxManage, '192.168.56.0/24', isOwn)).toEqual({
      outcome: 'left',
      why: 'lab has left the host-only network vboxnet0 (192.168.56.0/24), which has a-core-01 on it.',
    });
    expect(run.calls).toHaveLength(3);
  });

  it('is not given up while a machine of the lab is still on it', async () => {
    const run = vboxManage([...there, machines(attach('chapterlab-nat-core-01'))]);
    await expect(removeHostOnlyNetwork(run.vboxManage, '192.168.56.0/24', isOwn)).rejects.toMatchObject({
      code: 'LAB_VIRTUALBOX_FAILED',
      message: expect.stringContaining('chapterlab-nat-core-01 of the lab is still on it') as string,
    });
    expect(run.calls).toHaveLength(3);
  });

  it('is left alone where VirtualBox does not say which machines are there', async () => {
    const run = vboxManage([...there, { command: listing, result: { exitCode: 1, stderr: 'no COM' } }]);
    await expect(removeHostOnlyNetwork(run.vboxManage, '192.168.56.0/24', isOwn)).rejects.toMatchObject({
      code: 'LAB_VIRTUALBOX_FAILED',
    });
  });

  it('says so where VirtualBox does not answer', async () => {
    const stderr = 'VBoxManage: error: Failed to initialize COM!\n';
    const run = vboxManage([
      { command: 'VBoxManage list hostonlyifs', result: { exitCode: 1, stderr } },
      { command: 'VBoxManage list dhcpservers' },
    ]);
    await expect(listHostOnlyNetworks(run.vboxManage)).rejects.toMatchObject({
      code: 'LAB_VIRTUALBOX_FAILED',
    });
  });
});
