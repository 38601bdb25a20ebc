import type { MachineObservation } from '../../model/machine.ts';
import type { Task } from '../../model/plan.ts';
import type { CommandInput } from '../command-input.ts';
import type { ReportFlags } from '../report-flags.ts';
import { planOn, runOnLab, type PresentLab } from '../run-on-lab.ts';

/** `lab down`: stops the machines that run; `lab up` starts them again. */
export async function down(
  name: string | undefined,
  options: ReportFlags,
  input: CommandInput,
): Promise<void> {
  await runOnLab(name, 'down', options, input, async (lab) => {
    const seen = await lab.observed();
    return { ...planOn(lab, 'down'), warnings: halfMade(lab, seen), tasks: haltTasks(lab, seen) };
  });
}

/** Vagrant stops no machine that it has not finished making. */
function halfMade({ state }: PresentLab, seen: readonly MachineObservation[]): string[] {
  const names = seen.filter((machine) => machine.state === 'unknown').map((machine) => machine.name);
  if (names.length === 0) return [];
  const how = `\`lab up ${state.scenario}\` makes the lab whole, \`lab destroy ${state.lab}\` removes it`;
  return [`half made, and left as they are: ${names.join(', ')}; ${how}`];
}

function haltTasks({ state }: PresentLab, seen: readonly MachineObservation[]): Task[] {
  const running = new Set(
    seen.filter((machine) => machine.state === 'running').map((machine) => machine.name),
  );
  const toStop = state.machines.filter((machine) => running.has(machine.name));
  return [...new Set(toStop.map((machine) => machine.project))].map((project) => {
    const machines = toStop.filter((machine) => machine.project === project).map((machine) => machine.name);
    const title = `Stop ${machines.join(', ')} (vagrant halt)`;
    return { kind: 'halt-machines', id: `halt-${project}`, title, project, machines };
  });
}
