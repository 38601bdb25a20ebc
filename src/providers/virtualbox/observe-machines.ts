import type { MachineObservation } from '../../model/machine.ts';
import { readMachineId, readMadeId } from '../../vagrant/machine-files.ts';
import { describeState } from '../../vagrant/parse-status.ts';
import { readMachineInfo } from './machine-info.ts';
import type { VBoxManage } from './vbox-manage.ts';

/**
 * States of a project's machines, from Vagrant's id files and one question about each, all at once. As for Vagrant a
 * machine is the one with its id, whatever its name is now; one that was removed by hand is absent.
 */
export async function observeVirtualMachines(
  vboxManage: VBoxManage,
  projectDir: string,
  machines: readonly string[],
  signal?: AbortSignal,
): Promise<MachineObservation[]> {
  return await Promise.all(machines.map((name) => observe(vboxManage, projectDir, name, signal)));
}

async function observe(
  vboxManage: VBoxManage,
  projectDir: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<MachineObservation> {
  const [id, madeId] = await Promise.all([
    readMachineId(projectDir, name, 'virtualbox'),
    readMadeId(projectDir, name, 'virtualbox'),
  ]);
  const info = id === undefined ? 'absent' : await readMachineInfo(vboxManage, id, signal);
  if (id === undefined || info === 'absent') return { name, state: 'absent' };
  if (info === undefined) return { name, state: 'unknown' };
  return { name, id, ...(madeId === id ? describeState(info.state) : halfMade) };
}

/** Vagrant was killed while it made the machine; it can go on. */
const halfMade = { state: 'unknown', detail: 'half made' } as const;
