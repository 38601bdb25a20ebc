import type { ErrorCode } from './error-codes.ts';
import type { Plan } from './plan.ts';

/** How a task or a step ended. `unchanged`: there was nothing to do. `blocked`: something it needs cannot be had here. */
export type TaskStatus = 'changed' | 'unchanged' | 'passed' | 'failed' | 'skipped' | 'blocked';

/** The verdict on one check. */
export interface CheckResult {
  title: string;
  status: 'passed' | 'failed';
  /** The machine that the check ran on, where there is one. */
  machine?: string;
  /** The command or request, as a person would type it. */
  command: string;
  expected: string;
  actual: string;
  hint?: string;
  seconds: number;
  /** What was seen is worth showing also when the check passed. */
  show?: true;
}

export interface EventError {
  code: ErrorCode;
  message: string;
  hint?: string;
  machine?: string;
  command?: string;
  output?: string;
  logPath?: string;
}

/** The one stream that all reporters read. Times are ISO 8601, durations are seconds. */
export type RunEvent =
  | { type: 'run-started'; at: string; command: string; lab: string; plan: Plan }
  | { type: 'task-started'; at: string; task: string; title: string }
  /** A line of progress, of one machine where `machine` is given. */
  | { type: 'task-progress'; at: string; task: string; message: string; machine?: string }
  | { type: 'check-finished'; at: string; task: string; check: CheckResult }
  | {
      type: 'task-finished';
      at: string;
      task: string;
      status: TaskStatus;
      seconds: number;
      message?: string;
      error?: EventError;
    }
  | { type: 'warning'; at: string; message: string }
  | { type: 'run-finished'; at: string; lab: string; report: RunReport };

/** The whole run in one piece. */
export interface RunReport {
  status: 'passed' | 'failed' | 'blocked' | 'unchanged' | 'interrupted';
  seconds: number;
  tasks: {
    id: string;
    title: string;
    /** `step` for steps of the chapter. */
    kind: string;
    status: TaskStatus | 'pending';
    seconds: number;
    message?: string;
    checks: CheckResult[];
    error?: EventError;
  }[];
  counts: { passed: number; failed: number; skipped: number; blocked: number };
  logPath?: string;
}

/** Takes events in order. */
export type EventSink = (event: RunEvent) => void;
