import type { Facts } from '../model/facts.ts';
import type { Machine } from '../model/machine.ts';
import type { BootStages, Task } from '../model/plan.ts';

/** A Vagrant that boots one machine is a Ruby process of about this size, in MB. */
const vagrantMb = 150;

/** Boots machines of one project: by one Vagrant where it boots them at the same time, else in stages. */
export function bootTask(
  project: string,
  machines: string[],
  request: { machines: readonly Machine[]; parallel: number | undefined },
  facts: Pick<Facts, 'provider' | 'freeMemoryMb' | 'processors'>,
): Task {
  const base = { kind: 'boot-machines', id: `boot-${project}`, project, machines } as const;
  const [first, ...others] = machines;
  if (facts.provider.bootsTogether || first === undefined || others.length === 0) {
    return { ...base, title: `Boot ${machines.join(', ')} (vagrant up)` };
  }
  const stages: BootStages = { first, others, atOnce: request.parallel ?? machinesAtOnce(request, facts) };
  return { ...base, title: stagedTitle(stages), stages };
}

/**
 * One more than there are processors, for a Vagrant mostly waits for its machine (three machines on two processors: 63 s
 * at once, 76 s two at a time), and no more Vagrants than find room beside all the machines.
 */
function machinesAtOnce(
  { machines }: { machines: readonly Machine[] },
  { freeMemoryMb, processors }: Pick<Facts, 'freeMemoryMb' | 'processors'>,
): number {
  const forMachines = machines.reduce((sum, machine) => sum + machine.memoryMb, 0);
  const byMemory = Math.floor((freeMemoryMb - forMachines) / vagrantMb);
  return Math.max(1, Math.min(processors + 1, byMemory, machines.length));
}

function stagedTitle({ first, others, atOnce }: BootStages): string {
  if (atOnce === 1) return `Boot ${[first, ...others].join(', ')}, one after the other (vagrant up)`;
  return `Boot ${first}, and as soon as it is started ${others.join(', ')}; ${atOnce} at a time (vagrant up)`;
}
