import type { MachineObservation, MachineState } from '../model/machine.ts';
import type { VagrantRow } from './vagrant-output.ts';

/**
 * The machines and their states in the rows of `vagrant status --machine-readable`, in Vagrant's order, which is that
 * of the Vagrantfile. `detail` is Vagrant's word where it says more than ours.
 */
export function parseStatus(rows: readonly VagrantRow[]): MachineObservation[] {
  return rows.flatMap((row) => {
    if (row.kind !== 'data' || row.type !== 'state' || row.machine === undefined) return [];
    const word = row.values[0] ?? '';
    return [{ name: row.machine, ...describeState(word) }];
  });
}

/** What Vagrant's or VirtualBox's word for a state means; `detail` is that word where it says more. */
export function describeState(word: string): Pick<MachineObservation, 'state' | 'detail'> {
  return { state: stateOf(word), ...(wellKnown.has(word) ? {} : { detail: word }) };
}

/** These say no more than the state that they stand for. */
const wellKnown = new Set(['not_created', 'running', 'poweroff', 'stopped']);

/**
 * Machines that are whole and do not run. Vagrant passes on VirtualBox's own words, those of `VBoxManage showvminfo
 * --machinereadable` (machineStateToName in VBoxManageInfo.cpp of 7.2); `stopped` is its docker provider's.
 */
const stopped = new Set(['poweroff', 'stopped', 'saved', 'aborted', 'aborted-saved', 'paused', 'teleported']);

/**
 * `unknown` is what is neither up nor safely down: `gurumeditation`, `inaccessible`, `stuck`, `starting`, `saving`,
 * `preparing` and whatever a later version adds.
 */
function stateOf(word: string): MachineState {
  if (word === 'not_created') return 'absent';
  if (word === 'running') return 'running';
  return stopped.has(word) ? 'stopped' : 'unknown';
}
