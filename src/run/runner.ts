import { InterruptedError } from '../model/errors.ts';
import type { CheckResult, EventError, EventSink, RunEvent, RunReport, TaskStatus } from '../model/event.ts';
import type { Plan, Task, TaskKind } from '../model/plan.ts';
import type { Clock } from '../io/clock.ts';
import type { RunContext, TaskOutcome } from './run-context.ts';

/** What a handler tells while it works: progress (of one machine, if given) and verdicts on checks. */
export interface TaskReport {
  progress(message: string, machine?: string): void;
  check(result: CheckResult): void;
}

/** Carries out one kind of task. Failures are thrown; only a step can also end as `failed`, `skipped` or `blocked`. */
export type Handler<Kind extends TaskKind> = (
  task: Extract<Task, { kind: Kind }>,
  context: RunContext,
  report: TaskReport,
) => Promise<TaskOutcome>;

export type Handlers = { readonly [Kind in TaskKind]: Handler<Kind> };

export interface RunnerOptions {
  emit: EventSink;
  clock: Clock;
  signal: AbortSignal;
  toEventError: (error: unknown) => EventError;
  collect: (events: readonly RunEvent[]) => RunReport;
  /** Whether a task is carried out although one before it ended so. Without it none is. */
  carriesOn?: CarriesOn;
}

/** `verdict`: a step failed or is blocked. `error`: something broke, or the run was stopped. */
export type CarriesOn = (task: Task, after: 'verdict' | 'error') => boolean;

export interface RunResult {
  report: RunReport;
  /** What stopped the run, where something did. */
  error?: unknown;
}

/**
 * Carries out the tasks of a plan in order and reports them as events. The first failure ends the run (of undoing: only
 * of the entry), but for the tasks that `carriesOn` names; nothing is undone. Where a step of an included scenario is
 * blocked, the rest of that scenario is skipped, and the others are played.
 */
export async function runPlan(
  plan: Plan,
  handlers: Handlers,
  context: RunContext,
  options: RunnerOptions,
): Promise<RunResult> {
  const { clock, carriesOn = () => false } = options;
  const events: RunEvent[] = [];
  const emit: EventSink = (event) => {
    events.push(event);
    options.emit(event);
  };
  const at = (): string => new Date(clock.now()).toISOString();
  const begun = clock.elapsed();
  emit({ type: 'run-started', at: at(), command: plan.command, lab: plan.lab, plan });
  for (const message of plan.warnings) emit({ type: 'warning', at: at(), message });
  let firstError: unknown;
  let ended: 'verdict' | 'error' | undefined;
  const blocked = new Set<string>();
  for (const task of plan.tasks) {
    if (ended !== undefined && !carriesOn(task, ended)) continue;
    const isStopped = (): boolean => options.signal.aborted && !carriesOn(task, 'error');
    const started = clock.elapsed();
    const seconds = (): number => (clock.elapsed() - started) / 1000;
    emit({ type: 'task-started', at: at(), task: task.id, title: task.title });
    try {
      if (isStopped()) throw interrupted(options.signal);
      const part = includedIn(task);
      // The kinds of both sides agree by the type of `Handlers`; the compiler cannot follow that through the index.
      const handler = handlers[task.kind] as Handler<TaskKind>;
      const { warnings = [], ...outcome }: TaskOutcome =
        part !== undefined && blocked.has(part)
          ? { status: 'skipped', message: `${part} is blocked by a step above` }
          : await handler(task, context, reportOn(task, emit, at));
      emit({ type: 'task-finished', at: at(), task: task.id, seconds: seconds(), ...outcome });
      for (const message of warnings) emit({ type: 'warning', at: at(), message });
      if (outcome.status === 'blocked' && part !== undefined) blocked.add(part);
      else if (outcome.status === 'failed' || outcome.status === 'blocked') ended ??= 'verdict';
    } catch (thrown) {
      const error = isStopped() ? interrupted(options.signal) : thrown;
      const status: TaskStatus = 'failed';
      const eventError = options.toEventError(error);
      emit({ type: 'task-finished', at: at(), task: task.id, seconds: seconds(), status, error: eventError });
      firstError ??= error;
      // What can be undone is undone, whatever else cannot: each entry of the journal stands by itself.
      if (task.kind !== 'undo-change' || options.signal.aborted) ended = 'error';
    }
  }
  const seconds = (clock.elapsed() - begun) / 1000;
  const report = { ...options.collect(events), seconds, logPath: context.logPath };
  emit({ type: 'run-finished', at: at(), lab: plan.lab, report });
  return firstError === undefined ? { report } : { report, error: firstError };
}

/** The included scenario that a step is of. */
function includedIn(task: Task): string | undefined {
  return task.kind === 'step' ? task.step.scope?.scenario : undefined;
}

function reportOn(task: Task, emit: EventSink, at: () => string): TaskReport {
  return {
    progress: (message, machine) => {
      emit({
        type: 'task-progress',
        at: at(),
        task: task.id,
        message,
        ...(machine === undefined ? {} : { machine }),
      });
    },
    check: (check) => {
      emit({ type: 'check-finished', at: at(), task: task.id, check });
    },
  };
}

function interrupted(signal: AbortSignal): unknown {
  return signal.reason instanceof InterruptedError
    ? signal.reason
    : new InterruptedError('LAB_INTERRUPTED', 'The run was stopped.', { cause: signal.reason });
}
