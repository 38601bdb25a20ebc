import { CommandError } from '../model/errors.ts';
import type { Machine } from '../model/machine.ts';
import type { RunContext } from './run-context.ts';
import type { TaskReport } from './runner.ts';

/** Stops or starts machines through Vagrant. A started machine applies its user-data by itself, as at every boot. */
export async function setPower(
  machines: readonly Machine[],
  power: 'stop' | 'start',
  context: RunContext,
  report: TaskReport,
): Promise<void> {
  for (const project of new Set(machines.map((machine) => machine.project))) {
    const names = machines.filter((machine) => machine.project === project).map((machine) => machine.name);
    for (const name of names) context.disconnect(name);
    const projectDir = context.paths.project(project);
    if (power === 'stop') await stop(projectDir, names, context);
    else await start(projectDir, names, context, report);
  }
}

async function stop(projectDir: string, names: string[], context: RunContext): Promise<void> {
  await context.driver.halt(projectDir, names, context.signal);
  await context.provider.settle(projectDir, names, context.signal);
}

async function start(
  projectDir: string,
  names: string[],
  context: RunContext,
  report: TaskReport,
): Promise<void> {
  const outcomes = await context.driver.up(projectDir, {
    machines: names,
    onProgress: (machine, text) => {
      report.progress(text, machine);
    },
    signal: context.signal,
  });
  const failed = outcomes.find((outcome) => !outcome.ok);
  if (failed === undefined) return;
  if (failed.error !== undefined) throw failed.error;
  throw new CommandError('LAB_VAGRANT_FAILED', `${failed.name} did not start again.`, {
    machine: failed.name,
    ...(failed.message === undefined ? {} : { output: failed.message }),
    hint: 'Run the same command again.',
    logPath: context.logPath,
  });
}
