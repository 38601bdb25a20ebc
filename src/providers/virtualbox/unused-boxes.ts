import { readFile, rm } from 'node:fs/promises';
import { join, parse, sep } from 'node:path';
import * as z from 'zod';
import type { OpenChange } from '../../host/journal.ts';
import type { SharedChangeOf } from '../../host/shared-change.ts';
import { withBoxLock } from '../../boxes/box-lock.ts';
import type { Clock } from '../../io/clock.ts';
import type { Exec } from '../../io/exec.ts';
import { CommandError } from '../../model/errors.ts';
import type { FoundLeftover } from '../../model/leftover.ts';
import {
  boxIdentity,
  boxRoot,
  brokenBoxFolders,
  installedBox,
  type InstalledBox,
} from '../../vagrant/boxes.ts';
import { readMachineId } from '../../vagrant/machine-files.ts';
import { removeMachines } from './remove-machines.ts';
import type { VBoxManage } from './vbox-manage.ts';
import type { VirtualMachine } from './virtual-machines.ts';

export type BoxEntry = OpenChange<SharedChangeOf<'box'>>;

export interface UnusedBoxQuestion {
  exec: Exec;
  vboxManage: VBoxManage;
  clock: Clock;
  /** Boxes that the journal of what labs share tells of: the others in Vagrant's store are no business of ours. */
  entries: readonly BoxEntry[];
  /** Undefined: there is no VirtualBox to ask. */
  machines: readonly VirtualMachine[] | undefined;
}

export interface UnusedBoxes {
  found: FoundLeftover[];
  /** Entries whose box is not there any more, or is another one by now. */
  gone: number[];
}

/** Of `VAGRANT_HOME/data/machine-index/index` (lib/vagrant/machine_index.rb of Vagrant 2.3.4). */
const indexSchema = z.object({
  machines: z.record(
    z.string(),
    z.object({
      local_data_path: z.string(),
      name: z.string(),
      provider: z.string(),
      extra_data: z
        .object({ box: z.object({ name: z.string(), version: z.string().optional() }).optional() })
        .optional(),
    }),
  ),
});

const removeMs = 120_000;

/**
 * Boxes that labs have added and that no machine of any Vagrant project is made from, each with the master of its linked
 * clones. They are `shared`: the next `lab up` takes them.
 */
export async function findUnusedBoxes(question: UnusedBoxQuestion): Promise<UnusedBoxes> {
  const judged = await Promise.all(
    question.entries
      .filter(({ change }) => change.provider === 'virtualbox')
      .map((entry) => judge(entry, question)),
  );
  return { found: judged.flatMap(({ found }) => found), gone: judged.flatMap(({ gone }) => gone) };
}

async function judge(entry: BoxEntry, question: UnusedBoxQuestion): Promise<UnusedBoxes> {
  const { vagrantHome, name, version, provider } = entry.change;
  const box = await installedBox({ name, version }, { home: vagrantHome, provider });
  if (box === undefined) {
    const halves = await halvesOf(entry);
    if (halves.length === 0) return { found: [], gone: [entry.id] };
    return { found: [describeHalf(entry, halves, question.clock)], gone: [] };
  }
  // Somebody has added it again after it was removed.
  if (await isAnother(box, entry)) return { found: [], gone: [entry.id] };
  const used = await usedBoxes(vagrantHome);
  if (used.has(name) || used.has(`${name} ${version}`)) return { found: [], gone: [] };
  return { found: [await describe(box, entry, question)], gone: [] };
}

async function isAnother(box: InstalledBox, { made }: BoxEntry): Promise<boolean> {
  return made !== undefined && made !== (await boxIdentity(box.folder));
}

/** Folders that Vagrant did not finish of just this version. */
async function halvesOf({ change: { vagrantHome, name, version } }: BoxEntry): Promise<string[]> {
  const folder = join(boxRoot(vagrantHome, name), version) + sep;
  return (await brokenBoxFolders(vagrantHome, name)).filter((half) => half.startsWith(folder));
}

/** `NAME VERSION` of each, or `NAME` where the version is not known. */
async function usedBoxes(vagrantHome: string): Promise<Set<string>> {
  const text = await readFile(join(vagrantHome, 'data', 'machine-index', 'index'), 'utf8').catch(
    () => undefined,
  );
  if (text === undefined) return new Set();
  const { machines } = indexSchema.parse(JSON.parse(text));
  const used = Object.values(machines).map(async ({ local_data_path: data, name, provider, extra_data }) => {
    const box = extra_data?.box;
    const isThere = (await readMachineId(join(data, '..'), name, provider)) !== undefined;
    if (!isThere || box === undefined) return [];
    return [box.version === undefined ? box.name : `${box.name} ${box.version}`];
  });
  return new Set((await Promise.all(used)).flat());
}

async function describe(
  box: InstalledBox,
  entry: BoxEntry,
  question: UnusedBoxQuestion,
): Promise<FoundLeftover> {
  const { exec, vboxManage, clock, machines } = question;
  const { vagrantHome } = entry.change;
  const identity = await boxIdentity(box.folder);
  const masterId = (await readFile(join(box.folder, 'master_id'), 'utf8').catch(() => '')).trim();
  const master = machines?.find((machine) => machine.id === masterId);
  const why = [
    'no machine is made from it',
    ...(entry.done ? [] : ['a run of lab was killed while it added it']),
    ...(master === undefined ? [] : [`with the master of its linked clones, ${master.name}`]),
  ];
  return {
    leftover: {
      standing: entry.done ? 'shared' : 'uncertain',
      what: `box ${box.name} ${box.version}`,
      where: vagrantHome,
      why: why.join('; '),
      bytes: box.sizeMb * 1e6,
      since: entry.at,
    },
    entry: entry.id,
    remove: (signal) =>
      whileNobodyAddsIt(entry, clock, async () => {
        const now = await boxIdentity(box.folder);
        if (now === undefined) return;
        if (now !== identity) throw new Error('another box has come in its place meanwhile');
        if (machines === undefined && masterId !== '')
          throw new Error('there is no VBoxManage on PATH to remove the master of its linked clones');
        // VirtualBox refuses where a clone that Vagrant does not know of still needs its disk.
        if (master !== undefined) await removeMachines(vboxManage, [master], clock, signal);
        await removeBox(box, exec, vagrantHome, signal);
      }),
  };
}

function describeHalf(entry: BoxEntry, folders: readonly string[], clock: Clock): FoundLeftover {
  const { vagrantHome, name, version } = entry.change;
  return {
    leftover: {
      standing: 'uncertain',
      what: `half of box ${name} ${version}`,
      where: vagrantHome,
      why: 'a run of lab was killed while it added it; Vagrant can neither use nor finish it',
      since: entry.at,
    },
    entry: entry.id,
    remove: () =>
      whileNobodyAddsIt(entry, clock, async () => {
        const still = (await halvesOf(entry)).filter((folder) => folders.includes(folder));
        for (const folder of still) await rm(folder, { recursive: true, force: true });
      }),
  };
}

/** Throws LAB_STATE_LOCKED at once where a `lab`, also of another LAB_HOME, is adding the box. */
function whileNobodyAddsIt(
  { change: { vagrantHome, name } }: BoxEntry,
  clock: Clock,
  work: () => Promise<void>,
): Promise<void> {
  return withBoxLock(name, { home: vagrantHome, clock, timeoutMs: 0, onProgress: () => undefined }, work);
}

/** Without --force Vagrant refuses where a machine has come to use it meanwhile. Throws LAB_VAGRANT_FAILED. */
async function removeBox(
  { name, version }: InstalledBox,
  exec: Exec,
  vagrantHome: string,
  signal: AbortSignal,
): Promise<void> {
  const words = ['box', 'remove', name, '--provider', 'virtualbox', '--box-version', version];
  const result = await exec('vagrant', words, {
    // Vagrant reads the Vagrantfile of the current folder or of one above it.
    cwd: parse(vagrantHome).root,
    env: { VAGRANT_HOME: vagrantHome, VAGRANT_CWD: undefined, VAGRANT_CHECKPOINT_DISABLE: '1' },
    timeoutMs: removeMs,
    signal,
  });
  if (result.exitCode === 0) return;
  throw new CommandError('LAB_VAGRANT_FAILED', `Vagrant did not remove the box ${name} ${version}.`, {
    command: result.command,
    output: result.notFound ? 'There is no vagrant on PATH.' : `${result.stdout}${result.stderr}`.trim(),
  });
}
