import { isDeepStrictEqual } from 'node:util';
import { CommandError, type LabError } from '../../model/errors.ts';
import type { HostChange } from '../../host/journal-entry.ts';
import { stepsAreLost } from '../../model/steps-lost.ts';
import type { MachineObservation } from '../../model/machine.ts';
import { recordChange } from '../record-change.ts';
import type { RunContext } from '../run-context.ts';
import type { Handler, TaskReport } from '../runner.ts';

/** Boots the machines of one Vagrant project. Each machine's failure is named; the others are booted all the same. */
export const bootMachines: Handler<'boot-machines'> = async (task, context, report) => {
  const { provider, driver, journal, machines, paths, signal } = context;
  const projectDir = paths.project(task.project);
  const change: HostChange = {
    kind: 'machines',
    provider: provider.name,
    project: task.project,
    projectDir,
    machines: machines.filter((machine) => machine.project === task.project).map((machine) => machine.name),
  };
  const seen = await provider.observe(projectDir, task.machines, signal);
  await forgetMachines(seen, context);
  // Only these: a machine that `lab down` stopped is whole, and its disk is to be kept.
  const halfMade = seen.filter((machine) => machine.state === 'unknown').map((machine) => machine.name);
  const earlier = (await journal.open()).find((entry) => isDeepStrictEqual(entry.change, change));
  await recordChange(journal, change, async () => {
    if (earlier !== undefined) await removeAbandoned(Date.parse(earlier.at), context, report);
    if (halfMade.length > 0) await provider.discard(projectDir, halfMade, signal);
    const up = (names: readonly string[]): ReturnType<typeof driver.up> =>
      driver.up(projectDir, {
        machines: names,
        provision: halfMade,
        ...(task.stages === undefined ? {} : { atOnce: task.stages.atOnce }),
        onProgress: (machine, text) => {
          report.progress(text, machine);
        },
        signal,
      });
    // A saved machine cannot change its forwarded ports: it is resumed before another is given them.
    const saved = seen.filter(({ detail }) => detail === 'saved').map(({ name }) => name);
    const others = task.machines.filter((name) => !saved.includes(name));
    const outcomes = [
      ...(saved.length === 0 ? [] : await up(saved)),
      ...(others.length === 0 ? [] : await up(others)),
    ];
    const failed = outcomes.filter((outcome) => !outcome.ok);
    for (const { name } of failed) {
      context.log(
        `${name}: what ${provider.name} wrote last\n${await provider.machineLog(projectDir, name)}`,
      );
    }
    if (failed.length > 0) throw bootFailure(failed, outcomes.length, context.logPath);
  });
  return { status: 'changed', message: `${task.machines.length} running` };
};

async function removeAbandoned(
  since: number,
  { provider, signal }: RunContext,
  report: TaskReport,
): Promise<void> {
  for (const name of await provider.removeAbandoned(since, signal)) {
    report.progress(`removed ${name}, whose import had been broken off`);
  }
}

/** A machine that is about to be made has another ssh host key than the one of that name before, and nothing of the steps. */
async function forgetMachines(seen: readonly MachineObservation[], context: RunContext): Promise<void> {
  const absent = new Set(
    seen
      .filter((machine) => machine.state === 'absent' || machine.state === 'unknown')
      .map((machine) => machine.name),
  );
  await context.updateState((state) => ({
    ...state,
    hostKeys: Object.fromEntries(Object.entries(state.hostKeys).filter(([name]) => !absent.has(name))),
    steps: stepsAreLost(context.machines, [...absent], state.hostKeys) ? {} : state.steps,
  }));
}

function bootFailure(
  failed: readonly { name: string; message?: string; error?: LabError }[],
  count: number,
  logPath: string,
): LabError {
  const [only, ...others] = failed;
  if (only?.error !== undefined && others.length === 0) return only.error;
  const names = failed.map((outcome) => outcome.name).join(', ');
  return new CommandError(
    'LAB_VAGRANT_FAILED',
    `${failed.length} of ${count} machines did not boot: ${names}.`,
    {
      ...(only !== undefined && others.length === 0 ? { machine: only.name } : {}),
      output: failed.map((outcome) => `${outcome.name}: ${outcome.message ?? 'no reason given'}`).join('\n'),
      hint: 'The machines that did boot are kept. Run the same command again to boot the others.',
      logPath,
    },
  );
}
