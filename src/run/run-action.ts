import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import type { CheckResult } from '../model/event.ts';
import { LabError, SourceError } from '../model/errors.ts';
import type { Machine } from '../model/machine.ts';
import type { Action } from '../model/scenario.ts';
import type { CheckContext, Render } from './check-context.ts';
import { durationInMs } from './duration.ts';
import { lastLines } from './last-lines.ts';
import type { RunContext } from './run-context.ts';
import type { TaskReport } from './runner.ts';
import { setPower } from './set-power.ts';
import { targetMachines } from './target-machines.ts';

const defaultTimeoutMs = 60_000;

/** Does one thing that a step asks for, on all its machines at once. What went wrong comes back as a failed check. */
export async function runAction(
  action: Action,
  context: RunContext,
  values: CheckContext,
  report: TaskReport,
): Promise<CheckResult | undefined> {
  if ('power' in action) {
    const target = targetMachines(action.machine, context.machines, values.render);
    if (target !== 'host') await setPower(target, action.power, context, report);
    return undefined;
  }
  const target = targetMachines(action.on, context.machines, values.render);
  if ('command' in action) {
    const on: readonly (Machine | undefined)[] = target === 'host' ? [undefined] : target;
    const results = await Promise.all(on.map((machine) => runCommand(action, machine, context, values)));
    return results.find((result) => result !== undefined);
  }
  if (target === 'host') {
    if ('file' in action) await putFileOnHost(action, context, values.render);
    return undefined;
  }
  await Promise.all(target.map((machine) => putFile(action, machine, context, values.render)));
  return undefined;
}

async function runCommand(
  action: Extract<Action, { command: string }>,
  machine: Machine | undefined,
  context: RunContext,
  values: CheckContext,
): Promise<CheckResult | undefined> {
  const started = context.clock.elapsed();
  const command = values.render(action.command, { machine });
  const timeoutMs = action.timeout === undefined ? defaultTimeoutMs : durationInMs(action.timeout);
  const failed = (actual: string, advice?: string): CheckResult => ({
    title: 'the command of the step ends well',
    status: 'failed',
    ...(machine === undefined ? {} : { machine: machine.name }),
    command: command.trim(),
    expected: 'exit 0',
    actual,
    hint: [...(advice === undefined ? [] : [advice]), `The whole output is in ${context.logPath}.`].join(' '),
    seconds: (context.clock.elapsed() - started) / 1000,
  });
  try {
    const result =
      machine === undefined
        ? await values.runOnHost(command, timeoutMs, context.signal)
        : await values.runOn(machine.name, command, timeoutMs, context.signal);
    if (result.exitCode === 0) return undefined;
    return failed(
      `exit ${result.exitCode}\n${lastLines(result.stderr === '' ? result.stdout : result.stderr)}`,
    );
  } catch (error) {
    if (context.signal.aborted || !(error instanceof LabError)) throw error;
    return failed(`${error.message}\n${error.details.output ?? ''}`.trimEnd(), error.details.hint);
  }
}

async function putFile(
  action: Extract<Action, { to: string }>,
  machine: Machine,
  context: RunContext,
  render: Render,
): Promise<void> {
  const connection = await context.connect(machine.name);
  const options = { timeoutMs: defaultTimeoutMs, signal: context.signal };
  const content =
    'file' in action
      ? await renderFile(action.file, machine, context, render)
      : await context.artifactContent(action);
  await connection.upload(content, render(action.to, { machine }), action.mode, options);
}

/** Files for this host are put below the lab's own folder: what a scenario names as `to` was checked not to leave it. */
async function putFileOnHost(
  action: Extract<Action, { file: string }>,
  context: RunContext,
  render: Render,
): Promise<void> {
  const { work } = context.paths;
  const path = resolve(work, render(action.to));
  if (!path.startsWith(`${resolve(work)}${sep}`)) {
    const message = `A step puts a file at ${path}, outside of the lab's own folder ${work}.`;
    throw new SourceError('LAB_SCENARIO_INVALID', message, []);
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, await renderFile(action.file, undefined, context, render), {
    mode: Number.parseInt(action.mode, 8),
  });
  await chmod(path, Number.parseInt(action.mode, 8));
}

/** Files ending in `.hbs` are templates; all others go to the machine as they are. */
async function renderFile(
  file: string,
  machine: Machine | undefined,
  context: RunContext,
  render: Render,
): Promise<string> {
  const text = await context.readAsset('scenario', file);
  return file.endsWith('.hbs') ? render(text, { machine }) : text;
}
