import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  emptyNetworks,
  machinesOfNoLab,
  readLeftovers,
} from '../../../../src/providers/virtualbox/leftovers.ts';
import { parseHostOnlyInterfaces } from '../../../../src/providers/virtualbox/host-only-networks.ts';
import { VBoxManage } from '../../../../src/providers/virtualbox/vbox-manage.ts';
import { parseMachines } from '../../../../src/providers/virtualbox/virtual-machines.ts';
import { fakeExec } from '../../../support/fake-exec.ts';

const list = readFileSync(new URL('../../../fixtures/virtualbox/list-long-vms.txt', import.meta.url), 'utf8');
const machines = parseMachines(list);
const ofLab = machines.filter(({ mark }) => mark?.lab === 'nat').map(({ name }) => name);
const home = '/home/u/.local/state/chapterlab';
const project = `${home}/labs/nat/projects/coreos`;
const exists = (path: string): Promise<boolean> => Promise.resolve(path === project);
const nothing = (): Promise<boolean> => Promise.resolve(false);

it.each([
  ['of a lab that is here', { names: ['nat'], home }, exists, []],
  ['of another LAB_HOME', { names: [], home: '/srv/labs' }, exists, []],
  ['of this LAB_HOME, without state', { names: [], home }, exists, ofLab],
  ['whose folder is gone', { names: [], home: '/srv/labs' }, nothing, ofLab],
] as const)('a machine %s', async (_which, labs, isThere, left) => {
  const found = await machinesOfNoLab(machines, labs, isThere);
  // Machines without a mark of ours are never named.
  expect(found.map(({ name }) => name)).toEqual(left);
});

const network = (name: string, address: string): string =>
  `Name:            ${name}\nIPAddress:       ${address}\nNetworkMask:     255.255.255.0\nVBoxNetworkName: HostInterfaceNetworking-${name}\n\n`;

it('tells of networks without machines, with the command for each, and of no others', () => {
  const windows = 'VirtualBox Host-Only Ethernet Adapter';
  const networks = parseHostOnlyInterfaces(
    network('vboxnet0', '192.168.56.1') +
      network('vboxnet1', '192.168.57.1') +
      network(windows, '192.168.99.1') +
      network(`${windows} #2`, '192.168.58.1'),
  );
  const attached = list.replace('Attachment: NAT', "Attachment: Host-only Interface 'vboxnet0'");
  const [problem] = emptyNetworks(networks, attached, ['192.168.57.0/24']);
  expect(problem).toMatchObject({ code: 'LAB_LEFTOVERS', severity: 'warning' });
  expect(problem?.message).toContain(`networks ${windows} #2 (192.168.58.0/24).`);
  expect(problem?.fix).toContain(`\`VBoxManage hostonlyif remove "${windows} #2"\``);
  expect(emptyNetworks(networks.slice(0, 2), attached, ['192.168.57.0/24'])).toEqual([]);
});

it('asks VirtualBox and says how to remove what is left', async () => {
  const { exec } = fakeExec([
    { command: 'VBoxManage list --long vms', result: { stdout: list } },
    { command: 'VBoxManage list hostonlyifs', result: { stdout: network('vboxnet0', '192.168.56.1') } },
    { command: 'VBoxManage list dhcpservers', result: { stdout: '' } },
  ]);
  const labs = { names: [], home: '/srv/labs', subnets: undefined };
  const problems = await readLeftovers(new VBoxManage(exec), labs, nothing);
  // Without the states of all labs nothing is said of networks.
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /gone: chapterlab-nat-core-01 \(lab nat, [a-z ]+\), chapterlab-nat-core-02 /,
    ) as string,
  ]);
  expect(problems[0]?.fix).toContain(
    '`VBoxManage unregistervm 897b51b7-3c39-49ea-9b00-4df8fd8ce9dd --delete`',
  );
});
