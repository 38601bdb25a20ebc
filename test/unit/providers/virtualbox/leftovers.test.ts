import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FoundLeftover } from '../../../../src/model/leftover.ts';
import { parseHostOnlyInterfaces } from '../../../../src/providers/virtualbox/host-only-networks.ts';
import { leftoverProblems } from '../../../../src/providers/virtualbox/leftover-problems.ts';
import { emptyNetworks, findVirtualBoxLeftovers } from '../../../../src/providers/virtualbox/leftovers.ts';
import { VBoxManage } from '../../../../src/providers/virtualbox/vbox-manage.ts';
import type { Claim, LabLife, Ownership } from '../../../../src/state/lab-life.ts';
import { fakeExec, type FakeExec, type ScriptedCommand } from '../../../support/fake-exec.ts';
import { readTranscript } from '../../../support/transcript.ts';
import { virtualClock } from '../../../support/virtual-clock.ts';

/** `VBoxManage list --long vms` of VirtualBox 7.2: a master, a foreign machine, and two of the lab `nat`. */
const list = readFileSync(new URL('../../../fixtures/virtualbox/list-long-vms.txt', import.meta.url), 'utf8');
const home = '/home/u/.local/state/chapterlab';
const core01 = '897b51b7-3c39-49ea-9b00-4df8fd8ce9dd';
const tiny = 'e07a05ff-2930-43dd-8228-10be7fe6fe2c';
const { signal } = new AbortController();

let vagrantHome: string;
beforeEach(async () => {
  vagrantHome = await mkdtemp(join(tmpdir(), 'lab-vagrant-'));
});
afterEach(() => rm(vagrantHome, { recursive: true, force: true }));

const network = (name: string, address: string): string =>
  `Name:            ${name}\nIPAddress:       ${address}\nNetworkMask:     255.255.255.0\nVBoxNetworkName: HostInterfaceNetworking-${name}\n\n`;

interface Situation {
  life?: LabLife;
  subnets?: readonly string[];
  text?: string;
  script?: ScriptedCommand[];
  /** Minutes since the master `tiny_1795261991270_96226` was imported. */
  minutes?: number;
}

async function find({ life = 'gone', subnets, text = list, script = [], minutes = 61 }: Situation): Promise<{
  found: FoundLeftover[];
  claims: Claim[];
  skipped: string | undefined;
  fake: FakeExec;
}> {
  const fake = fakeExec([
    { command: 'VBoxManage list --long vms', result: { stdout: text } },
    { command: 'VBoxManage list hostonlyifs', result: { stdout: network('vboxnet0', '192.168.56.1') } },
    { command: 'VBoxManage list dhcpservers', result: readTranscript('virtualbox/list-dhcpservers.txt') },
    ...script,
  ]);
  const claims: Claim[] = [];
  const { found, skipped } = await findVirtualBoxLeftovers({
    vboxManage: new VBoxManage(fake.exec),
    clock: virtualClock(1795261991270 + minutes * 60_000),
    vagrantHome,
    judge: (claim): Promise<Ownership> => {
      claims.push(claim);
      return Promise.resolve({ life, place: { home, lab: claim.lab }, why: 'the lab is gone' });
    },
    subnets: () => Promise.resolve(subnets),
    signal,
  });
  return { found, claims, skipped, fake };
}

const names = (found: readonly FoundLeftover[], standing: string): string[] =>
  found.filter(({ leftover }) => leftover.standing === standing).map(({ leftover }) => leftover.what);

describe('findVirtualBoxLeftovers', () => {
  it('finds the machines of labs that are gone, by their marks, and removes one with its disks', async () => {
    const { found, claims, fake } = await find({
      script: [
        {
          command: `VBoxManage showvminfo ${core01} --machinereadable`,
          result: readTranscript('virtualbox/showvminfo-off.txt'),
        },
        {
          command: `VBoxManage controlvm ${core01} poweroff`,
          result: readTranscript('virtualbox/poweroff-not-running.txt'),
        },
        { command: `VBoxManage unregistervm ${core01} --delete` },
      ],
    });
    expect(claims[0]).toEqual({ lab: 'nat', folder: `${home}/labs/nat/projects/coreos` });
    expect(names(found, 'left')).toEqual([
      'machine chapterlab-nat-core-01',
      'machine chapterlab-nat-core-02',
    ]);
    expect(found[0]).toMatchObject({
      leftover: { where: 'VirtualBox, running', why: 'the lab is gone', lab: 'nat' },
      owner: { home, lab: 'nat' },
    });
    await found[0]?.remove?.(signal);
    expect(fake.calls.at(-1)).toBe(`VBoxManage unregistervm ${core01} --delete`);
  });

  it('is content where a machine is gone when it is to be removed', async () => {
    const { found, fake } = await find({
      script: [{ command: /showvminfo/, result: readTranscript('virtualbox/showvminfo-gone.txt') }],
    });
    await found[0]?.remove?.(signal);
    expect(fake.calls.at(-1)).toContain('showvminfo');
  });

  it.each(['lives', 'busy', 'unfinished', 'unreadable'] as const)(
    'leaves a lab alone that %s',
    async (life) => {
      const { found } = await find({ life });
      expect(names(found, 'left')).toEqual([]);
    },
  );

  it('is not certain of what only looks like a broken import', async () => {
    const imported = ['machine tiny_1795261991270_96226'];
    expect(names((await find({ life: 'lives' })).found, 'uncertain')).toEqual(imported);
    // It may be in the middle of it.
    expect(names((await find({ minutes: 1 })).found, 'uncertain')).toEqual([]);
    const box = join(vagrantHome, 'boxes', 'tiny', '0', 'virtualbox');
    await mkdir(box, { recursive: true });
    await writeFile(join(box, 'master_id'), tiny);
    expect(names((await find({})).found, 'uncertain')).toEqual([]);
  });

  it('is not certain of networks without machines, and says nothing of them where a state cannot be read', async () => {
    const script = [
      { command: 'VBoxManage dhcpserver remove --interface=vboxnet0' },
      { command: 'VBoxManage hostonlyif remove vboxnet0' },
    ];
    const { found, fake } = await find({ subnets: [], minutes: 1, script });
    expect(names(found, 'uncertain')).toEqual(['network vboxnet0']);
    await found.at(-1)?.remove?.(signal);
    expect(fake.calls.slice(-2)).toEqual(script.map(({ command }) => command));
    expect(names((await find({ subnets: ['192.168.56.0/24'], minutes: 1 })).found, 'uncertain')).toEqual([]);
    expect(names((await find({ minutes: 1 })).found, 'uncertain')).toEqual([]);
  });

  it('says that VirtualBox is missing', async () => {
    const fake = fakeExec([{ command: /./, result: { exitCode: 127, notFound: true } }]);
    const search = await findVirtualBoxLeftovers({
      vboxManage: new VBoxManage(fake.exec),
      clock: virtualClock(),
      vagrantHome,
      judge: () => Promise.reject(new Error('nothing to judge')),
      subnets: () => Promise.resolve([]),
    });
    expect(search).toMatchObject({ found: [], skipped: 'VirtualBox: there is no VBoxManage on PATH' });
  });
});

it('names no network of a machine, of a lab, or of VirtualBox itself', () => {
  const windows = 'VirtualBox Host-Only Ethernet Adapter';
  const networks = parseHostOnlyInterfaces(
    network('vboxnet0', '192.168.56.1') +
      network('vboxnet1', '192.168.57.1') +
      network(windows, '192.168.99.1') +
      network(`${windows} #2`, '192.168.58.1'),
  );
  const attached = list.replace('Attachment: NAT', "Attachment: Host-only Interface 'vboxnet0'");
  const empty = emptyNetworks(networks, attached, ['192.168.57.0/24']);
  expect(empty.map(({ name }) => name)).toEqual([`${windows} #2`]);
});

it('tells doctor in two problems', async () => {
  const { found } = await find({ subnets: [], minutes: 1 });
  expect(leftoverProblems(found).map(({ code, message }) => `${code} ${message}`)).toEqual([
    'LAB_LEFTOVERS VirtualBox has machines of labs that are gone: machine chapterlab-nat-core-01 (running), machine chapterlab-nat-core-02 (running).',
    'LAB_LEFTOVERS VirtualBox has what no lab and no project of Vagrant uses: network vboxnet0 (192.168.56.0/24). Labs do not take the ranges of such networks.',
  ]);
  expect(leftoverProblems([])).toEqual([]);
});
