import type { RunEvent, TaskStatus } from '../model/event.ts';
import type { Plan } from '../model/plan.ts';
import { checkTitle, describeError, describeFailedCheck, describeShownCheck } from './failure-text.ts';
import { formatPlanHead } from './plan-text.ts';
import { formatSeconds, printable } from './printable.ts';
import { flushed } from './reporter.ts';
import type { Reporter, ReportStream } from './reporter.ts';
import { formatSummary } from './summary-text.ts';

export interface PlainReporterOptions {
  stdout: ReportStream;
  /** All lines of progress, also those of no machine, and checks that passed. */
  verbose: boolean;
  /** Only failures, warnings that come up while tasks run, and the summary. */
  quiet: boolean;
}

const indent = ' '.repeat(5);

/** One line for each event: for pipes, files and CI. Writes no control characters. */
export class PlainReporter implements Reporter {
  readonly #options: PlainReporterOptions;
  #plan: Plan | undefined;
  #hasBegun = false;

  constructor(options: PlainReporterOptions) {
    this.#options = options;
  }

  handle(event: RunEvent): void {
    for (const line of this.#lines(event)) this.#options.stdout.write(`${line}\n`);
  }

  close(): Promise<void> {
    return flushed(this.#options.stdout);
  }

  #lines(event: RunEvent): string[] {
    switch (event.type) {
      case 'run-started':
        this.#plan = event.plan;
        return this.#talk(event.plan.tasks.length === 0 ? [] : formatPlanHead(event.plan));
      case 'task-started':
        this.#hasBegun = true;
        return this.#talk([`${'run'.padEnd(4)} ${this.#numbered(event.task, event.title)}`]);
      case 'task-progress':
        return this.#talk(this.#progress(event));
      case 'check-finished':
        return this.#check(event);
      case 'task-finished':
        return this.#taskFinished(event);
      case 'warning':
        return this.#warning(event.message);
      case 'run-finished':
        return formatSummary(this.#plan?.command ?? '', event.lab, event.report);
    }
  }

  #talk(lines: string[]): string[] {
    return this.#options.quiet ? [] : lines;
  }

  /** What came up while tasks ran, such as what was left on this host, is an outcome; the plan's warnings are talk. */
  #warning(message: string): string[] {
    const lines = [`warning: ${printable(message)}`];
    return this.#hasBegun ? lines : this.#talk(lines);
  }

  #progress({ machine, message }: Extract<RunEvent, { type: 'task-progress' }>): string[] {
    const lines = printable(message).split('\n');
    if (machine !== undefined) return lines.map((line) => `${indent}${machine}  ${line}`.trimEnd());
    return this.#options.verbose ? lines.map((line) => `${indent}${line}`.trimEnd()) : [];
  }

  #check({ check }: Extract<RunEvent, { type: 'check-finished' }>): string[] {
    const line = `${indent}${check.status === 'passed' ? 'pass' : 'FAIL'} ${checkTitle(check)}`;
    const timed = `${line} (${formatSeconds(check.seconds)})`;
    if (check.status === 'passed') {
      return this.#talk([timed, ...describeShownCheck(check).map((detail) => `${indent}${indent}${detail}`)]);
    }
    return [timed, ...describeFailedCheck(check).map((detail) => `${indent}${indent}${detail}`)];
  }

  #taskFinished(event: Extract<RunEvent, { type: 'task-finished' }>): string[] {
    const { task, status, seconds, message, error } = event;
    const title = this.#plan?.tasks.find((candidate) => candidate.id === task)?.title ?? task;
    const reason = message === undefined ? '' : `: ${printable(message)}`;
    const stopped = error?.code === 'LAB_INTERRUPTED';
    const word = stopped ? 'stop' : words[status];
    const line = `${word.padEnd(4)} ${this.#numbered(task, title)}${reason} (${formatSeconds(seconds)})`;
    if (stopped || (status !== 'failed' && status !== 'blocked')) return this.#talk([line]);
    return [line, ...(error === undefined ? [] : describeError(error)).map((detail) => `${indent}${detail}`)];
  }

  #numbered(task: string, title: string): string {
    const tasks = this.#plan?.tasks ?? [];
    const index = tasks.findIndex((candidate) => candidate.id === task);
    const number = String(index + 1).padStart(String(tasks.length).length);
    return `[${number}/${String(tasks.length)}] ${printable(title)}`;
  }
}

const words: Record<TaskStatus, string> = {
  changed: 'ok',
  passed: 'ok',
  unchanged: 'same',
  failed: 'FAIL',
  skipped: 'skip',
  blocked: 'BLOCKED',
};
