import type { Task } from '../../model/plan.ts';
import type { CommandInput } from '../command-input.ts';
import type { ReportFlags } from '../report-flags.ts';
import { planOn, runOnLab, type PresentLab } from '../run-on-lab.ts';
import { projectDir } from '../../state/lab-home.ts';

/** `lab down`: stops the machines that run; `lab up` starts them again. */
export async function down(
  name: string | undefined,
  options: ReportFlags,
  input: CommandInput,
): Promise<void> {
  await runOnLab(name, 'down', options, input, async (lab) => ({
    ...planOn(lab, 'down'),
    tasks: await haltTasks(lab, input.signal),
  }));
}

async function haltTasks({ state, provider, tools }: PresentLab, signal: AbortSignal): Promise<Task[]> {
  const projects = [...new Set(state.machines.map((machine) => machine.project))];
  const tasks = await Promise.all(
    projects.map(async (project): Promise<Task[]> => {
      const names = state.machines
        .filter((machine) => machine.project === project)
        .map((machine) => machine.name);
      const seen = await provider.observe(projectDir(tools.home, state.lab, project), names, signal);
      const machines = seen.filter((machine) => machine.state === 'running').map((machine) => machine.name);
      const title = `Stop ${machines.join(', ')} (vagrant halt)`;
      return machines.length === 0
        ? []
        : [{ kind: 'halt-machines', id: `halt-${project}`, title, project, machines }];
    }),
  );
  return tasks.flat();
}
