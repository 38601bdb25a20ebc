import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { systemErrorCode } from '../../io/system-error.ts';
import { readMachineId } from '../../vagrant/machine-files.ts';
import type { Clock } from '../../io/clock.ts';
import { cutPower } from './machine-power.ts';
import type { VBoxManage } from './vbox-manage.ts';
import type { VirtualMachine } from './virtual-machines.ts';

/** Removing waits for the machine's process to end and deletes its disks. */
const removeMs = 120_000;

/** Machines of a project: those whose description says so, and those whose ids Vagrant has noted there. */
export async function machinesOfProject(
  all: readonly VirtualMachine[],
  projectDir: string,
): Promise<VirtualMachine[]> {
  const ids = new Set(await idsIn(join(projectDir, '.vagrant')));
  return all.filter((machine) => machine.mark?.project === projectDir || ids.has(machine.id));
}

/**
 * Machines that a killed Vagrant left while it was importing or cloning: named `BOX_MILLISECONDS_RANDOM` or
 * `temp_clone_MILLISECONDS_RANDOM` (plugins/providers/virtualbox/driver/version_5_0.rb of Vagrant 2.3.4) after `since`,
 * stopped, and noted neither in the folder of any project that Vagrant's index knows nor as master of a box.
 */
export async function abandonedImports(
  all: readonly VirtualMachine[],
  since: number,
  vagrantHome: string,
): Promise<VirtualMachine[]> {
  const candidates = all.filter(
    ({ name, state, mark }) =>
      mark === undefined &&
      ['powered off', 'inaccessible'].includes(state) &&
      Number(/_(\d{13})_\d{1,5}$/.exec(name)?.[1] ?? 0) >= since,
  );
  return unclaimedMachines(candidates, vagrantHome);
}

/** Those that are noted neither in the folder of any project that Vagrant's index knows nor as master of a box. */
export async function unclaimedMachines(
  machines: readonly VirtualMachine[],
  vagrantHome: string,
): Promise<VirtualMachine[]> {
  if (machines.length === 0) return [];
  const claimed = new Set([...(await masterIds(vagrantHome)), ...(await indexedIds(vagrantHome))]);
  return machines.filter((machine) => !claimed.has(machine.id));
}

/** Powers machines off and removes them with their disks; returns their names. Throws LAB_VIRTUALBOX_FAILED. */
export async function removeMachines(
  vboxManage: VBoxManage,
  machines: readonly VirtualMachine[],
  clock: Clock,
  signal?: AbortSignal,
): Promise<string[]> {
  for (const { id, name, state } of machines) {
    if (state !== 'inaccessible') await cutPower(vboxManage, { id, name }, clock);
    await vboxManage.must(['unregistervm', id, '--delete'], `Removing ${name}`, {
      signal,
      timeoutMs: removeMs,
      machine: name,
    });
  }
  return machines.map((machine) => machine.name);
}

/** Ids in the folders `machines/NAME/virtualbox/id` of a `.vagrant`. */
async function idsIn(dotVagrant: string): Promise<string[]> {
  const names = await foldersIn(join(dotVagrant, 'machines'));
  const ids = await Promise.all(
    names.map((name) => readMachineId(join(dotVagrant, '..'), name, 'virtualbox')),
  );
  return ids.filter((id) => id !== undefined);
}

const indexSchema = z.object({ machines: z.record(z.string(), z.object({ local_data_path: z.string() })) });

/** Ids of the machines of all projects that Vagrant has seen (`VAGRANT_HOME/data/machine-index/index`). */
async function indexedIds(vagrantHome: string): Promise<string[]> {
  const text = await readIfThere(join(vagrantHome, 'data', 'machine-index', 'index'));
  if (text === undefined) return [];
  const { machines } = indexSchema.parse(JSON.parse(text));
  const folders = new Set(Object.values(machines).map((machine) => machine.local_data_path));
  return (await Promise.all([...folders].map(idsIn))).flat();
}

/** Ids of the masters of linked clones: a file `master_id` beside the box. */
async function masterIds(vagrantHome: string): Promise<string[]> {
  const boxes = join(vagrantHome, 'boxes');
  const files = await readdir(boxes, { recursive: true }).catch(() => []);
  const masters = files.filter((file) => file.endsWith('master_id'));
  const ids = await Promise.all(masters.map((file) => readIfThere(join(boxes, file))));
  return ids.flatMap((id) => (id === undefined ? [] : [id.trim()]));
}

async function foldersIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
