import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../io/system-error.ts';
import type { CheckResult, RunEvent } from '../model/event.ts';

/** What went wrong in the last run that had to do with steps. */
export interface LastFailure {
  /** Id of the step. */
  step: string;
  checks: CheckResult[];
  /** Why the step ended, where no check says it. */
  reason?: string;
  hint?: string;
}

/** Runs that had nothing to do with steps are passed over, but not for ever. */
const logsRead = 50;

/** Reads the logs of a lab, the newest first. Undefined where the last run of steps went well, or there was none. */
export async function lastFailure(logs: string): Promise<LastFailure | undefined> {
  for (const file of await logFiles(logs)) {
    const events = eventsIn(await readFile(file, 'utf8'));
    if (events.length > 0) return failureIn(events);
  }
  return undefined;
}

async function logFiles(logs: string): Promise<string[]> {
  try {
    const names = await readdir(logs);
    const newest = names
      .filter((name) => name.endsWith('.log'))
      .sort()
      .slice(-logsRead);
    return newest.reverse().map((name) => join(logs, name));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

type StepEvent = Extract<RunEvent, { type: 'check-finished' | 'task-finished' }>;

/** Tasks that play, check or undo a step are named for it. */
const taskOfStep = /^(?:step|check|undo)-(?=[a-z])/;

function eventsIn(log: string): StepEvent[] {
  return log.split('\n').flatMap((line) => {
    const [, text] = /^\S+ (\{"type":"(?:check|task)-finished".*)$/.exec(line) ?? [];
    const event = text === undefined ? undefined : parse(text);
    return event !== undefined && taskOfStep.test(event.task) ? [event] : [];
  });
}

/** A line that is being written at this moment is not whole. */
function parse(text: string): StepEvent | undefined {
  try {
    return JSON.parse(text) as StepEvent;
  } catch {
    return undefined;
  }
}

function failureIn(events: readonly StepEvent[]): LastFailure | undefined {
  const ended = events.find(
    (event) => event.type === 'task-finished' && ['failed', 'blocked'].includes(event.status),
  );
  if (ended?.type !== 'task-finished' || ended.error?.code === 'LAB_INTERRUPTED') return undefined;
  const checks = events.flatMap((event) =>
    event.type === 'check-finished' && event.task === ended.task && event.check.status === 'failed'
      ? [event.check]
      : [],
  );
  const reason = checks.length > 0 ? undefined : (ended.error?.message ?? ended.message);
  return {
    step: ended.task.replace(taskOfStep, ''),
    checks,
    ...(reason === undefined ? {} : { reason }),
    ...(ended.error?.hint === undefined ? {} : { hint: ended.error.hint }),
  };
}
