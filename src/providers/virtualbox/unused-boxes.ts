import { readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import * as z from 'zod';
import type { Clock } from '../../io/clock.ts';
import type { Exec } from '../../io/exec.ts';
import { CommandError } from '../../model/errors.ts';
import type { FoundLeftover } from '../../model/leftover.ts';
import { installedBoxes, type InstalledBox } from '../../vagrant/boxes.ts';
import { readMachineId } from '../../vagrant/machine-files.ts';
import { removeMachines } from './remove-machines.ts';
import type { VBoxManage } from './vbox-manage.ts';
import type { VirtualMachine } from './virtual-machines.ts';

export interface UnusedBoxQuestion {
  exec: Exec;
  vboxManage: VBoxManage;
  clock: Clock;
  /** VAGRANT_HOME. */
  vagrantHome: string;
  /** Boxes that labs are made from: the others in Vagrant's store are no business of ours. */
  names: ReadonlySet<string>;
  machines: readonly VirtualMachine[];
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
 * Boxes of labs that no machine of any Vagrant project is made from, each with the master of its linked clones. They are
 * `shared`: the next `lab up` takes them.
 */
export async function findUnusedBoxes(question: UnusedBoxQuestion): Promise<FoundLeftover[]> {
  const { vagrantHome, names } = question;
  const boxes = await installedBoxes(vagrantHome);
  const ours = boxes.filter((box) => box.provider === 'virtualbox' && names.has(box.name));
  if (ours.length === 0) return [];
  const used = await usedBoxes(vagrantHome);
  const unused = ours.filter(({ name, version }) => !used.has(name) && !used.has(`${name} ${version}`));
  const found = await Promise.all(unused.map((box) => describe(box, question)));
  return found.flat();
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

async function describe(box: InstalledBox, question: UnusedBoxQuestion): Promise<FoundLeftover[]> {
  const { exec, vboxManage, clock, vagrantHome, machines } = question;
  const id = await readFile(join(box.folder, 'master_id'), 'utf8').catch(() => '');
  const master = machines.find((machine) => machine.id === id.trim());
  return [
    {
      leftover: {
        standing: 'shared',
        what: `box ${box.name} ${box.version}`,
        where: vagrantHome,
        why:
          master === undefined
            ? 'no machine is made from it'
            : `no machine is made from it; with the master of its linked clones, ${master.name}`,
        bytes: box.sizeMb * 1e6,
      },
      remove: async (signal) => {
        // VirtualBox refuses where a clone that Vagrant does not know of still needs its disk.
        if (master !== undefined) await removeMachines(vboxManage, [master], clock, signal);
        await removeBox(box, exec, vagrantHome, signal);
      },
    },
  ];
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
