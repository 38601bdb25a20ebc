import { CommandError } from '../../model/errors.ts';
import type { HostChange } from '../../host/journal-entry.ts';
import type { MachineObservation } from '../../model/machine.ts';
import { recordChange } from '../record-change.ts';
import type { RunContext } from '../run-context.ts';
import type { Handler } from '../runner.ts';

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
  await forgetHostKeys(seen, context);
  // Only these: a machine that `lab down` stopped is whole, and its disk is to be kept.
  const halfMade = seen.filter((machine) => machine.state === 'unknown').map((machine) => machine.name);
  await recordChange(journal, change, async () => {
    if (halfMade.length > 0) await provider.discard(projectDir, halfMade, signal);
    const outcomes = await driver.up(projectDir, {
      machines: task.machines,
      onProgress: (machine, text) => {
        report.progress(text, machine);
      },
      signal,
    });
    const failed = outcomes.filter((outcome) => !outcome.ok);
    if (failed.length > 0) throw bootFailure(failed, outcomes.length, context.logPath);
  });
  return { status: 'changed', message: `${task.machines.length} running` };
};

/** A machine that is about to be made has another ssh host key than the one of that name before. */
async function forgetHostKeys(seen: readonly MachineObservation[], context: RunContext): Promise<void> {
  const absent = new Set(
    seen
      .filter((machine) => machine.state === 'absent' || machine.state === 'unknown')
      .map((machine) => machine.name),
  );
  await context.updateState((state) => ({
    ...state,
    hostKeys: Object.fromEntries(Object.entries(state.hostKeys).filter(([name]) => !absent.has(name))),
  }));
}

function bootFailure(
  failed: readonly { name: string; message?: string }[],
  count: number,
  logPath: string,
): CommandError {
  const names = failed.map((outcome) => outcome.name).join(', ');
  return new CommandError(
    'LAB_VAGRANT_FAILED',
    `${failed.length} of ${count} machines did not boot: ${names}.`,
    {
      ...(failed.length === 1 && failed[0] !== undefined ? { machine: failed[0].name } : {}),
      output: failed.map((outcome) => `${outcome.name}: ${outcome.message ?? 'no reason given'}`).join('\n'),
      hint: 'The machines that did boot are kept. Run the same command again to boot the others.',
      logPath,
    },
  );
}
