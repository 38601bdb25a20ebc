import type { MachineObservation, MachineState } from '../../model/machine.ts';
import { readMachineId, readMadeId } from '../../vagrant/machine-files.ts';
import type { VirtualMachine } from './virtual-machines.ts';

/**
 * States of a project's machines, from Vagrant's id files and the list of all machines. As for Vagrant a machine is the
 * one with its id, whatever its name is now; one that was removed by hand is absent.
 */
export async function observeVirtualMachines(
  all: readonly VirtualMachine[],
  projectDir: string,
  machines: readonly string[],
): Promise<MachineObservation[]> {
  return await Promise.all(
    machines.map(async (name) => {
      const id = await readMachineId(projectDir, name, 'virtualbox');
      const found = all.find((machine) => machine.id === id);
      if (id === undefined || found === undefined) return { name, state: 'absent' as const };
      const made = (await readMadeId(projectDir, name, 'virtualbox')) === id;
      return { name, id, ...(made ? describeState(found.state) : halfMade) };
    }),
  );
}

/** Vagrant was killed while it made the machine; it can go on. */
const halfMade = { state: 'unknown', detail: 'half made' } as const;

/**
 * VirtualBox's words for states: `VBoxManage list` of 7.2 (src/VBox/Frontends/VBoxManage/VBoxManageInfo.cpp,
 * machineStateToName). Between two of them (`starting`, `saving`, ...) a machine is neither up nor down.
 */
function describeState(word: string): { state: MachineState; detail?: string } {
  if (word === 'running') return { state: 'running' };
  if (word === 'powered off') return { state: 'stopped' };
  const isWhole = ['saved', 'aborted', 'aborted-saved', 'paused', 'teleported'].includes(word);
  return { state: isWhole ? 'stopped' : 'unknown', detail: word };
}
