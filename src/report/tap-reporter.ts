import { stringify } from 'yaml';
import type { CheckResult, RunEvent } from '../model/event.ts';
import type { Plan } from '../model/plan.ts';
import { checkTitle } from './failure-text.ts';
import { printable } from './printable.ts';
import { openReportFile } from './report-file.ts';
import { flushed } from './reporter.ts';
import type { Reporter, ReportStream } from './reporter.ts';
import { formatSummary } from './summary-text.ts';

type Event<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

const subtestIndent = ' '.repeat(4);

/**
 * Writes TAP version 14 (https://testanything.org/tap-version-14-specification.html) while the run goes on: a test
 * point for each task, and before that of a step a subtest with one for each of its checks.
 */
export class TapReporter implements Reporter {
  readonly #stream: ReportStream;
  readonly #end: () => void;
  #plan: Pick<Plan, 'command' | 'tasks'> = { command: '', tasks: [] };
  /** Test points of tasks written so far. They are written in the order of the plan. */
  #points = 0;
  /** Test points in the subtest of the task that runs. */
  #checks = 0;
  #isOver = false;

  constructor(stream: ReportStream, end: () => void = () => undefined) {
    this.#stream = stream;
    this.#end = end;
  }

  /** Writes to a file, which must be possible now: rejects with the system error. */
  static async toFile(path: string): Promise<TapReporter> {
    const stream = await openReportFile(path);
    return new TapReporter(stream, () => stream.end());
  }

  handle(event: RunEvent): void {
    if (this.#isOver) return;
    switch (event.type) {
      case 'run-started':
        this.#runStarted(event);
        break;
      case 'task-started':
        this.#notRun(this.#indexOf(event.task));
        break;
      case 'task-progress':
        break;
      case 'check-finished':
        this.#check(event.check);
        break;
      case 'task-finished':
        this.#taskFinished(event);
        break;
      case 'warning':
        this.#write(`# warning: ${oneLine(event.message)}`);
        break;
      case 'run-finished':
        this.#runFinished(event);
        break;
    }
  }

  async close(): Promise<void> {
    if (!this.#isOver) this.#write('Bail out! The run did not end.');
    await flushed(this.#stream);
    this.#end();
  }

  #runStarted({ plan }: Event<'run-started'>): void {
    this.#plan = plan;
    const count = plan.tasks.length;
    this.#write('TAP version 14', count === 0 ? '1..0 # SKIP nothing to do' : `1..${count}`);
  }

  #check(check: CheckResult): void {
    if (this.#checks === 0) this.#write(`# Subtest: ${this.#title(this.#points)}`);
    this.#checks += 1;
    const { status, machine, command, expected, actual, hint, seconds } = check;
    const isWell = status === 'passed';
    const lines = [
      point(isWell, this.#checks, checkTitle(check)),
      ...diagnostics(
        isWell
          ? { duration_ms: Math.round(seconds * 1000) }
          : { machine, command, expected, actual, hint, duration_ms: Math.round(seconds * 1000) },
      ),
    ];
    this.#write(...lines.map((line) => subtestIndent + line));
  }

  #taskFinished({ task, status, seconds, message, error }: Event<'task-finished'>): void {
    if (error?.code === 'LAB_INTERRUPTED') {
      this.#bailOut(error.message);
      return;
    }
    if (this.#checks > 0) this.#write(`${subtestIndent}1..${this.#checks}`);
    this.#checks = 0;
    const title = this.#title(this.#indexOf(task));
    this.#points += 1;
    const isSkipped = status === 'skipped' || status === 'blocked';
    const directive = isSkipped ? ` # SKIP ${oneLine(message ?? status)}` : '';
    this.#write(`${point(status !== 'failed', this.#points, title)}${directive}`);
    if (isSkipped) return;
    const { logPath, ...told } = error ?? {};
    const shown = { message, ...told, log: logPath, duration_ms: Math.round(seconds * 1000) };
    this.#write(...diagnostics(shown));
  }

  #runFinished({ lab, report }: Event<'run-finished'>): void {
    this.#notRun(this.#plan.tasks.length);
    this.#write(...formatSummary(this.#plan.command, lab, report).map((line) => `# ${oneLine(line)}`));
    this.#isOver = true;
  }

  /** Tasks before that one that nobody began. */
  #notRun(before: number): void {
    while (this.#points < before) {
      const title = this.#title(this.#points);
      this.#points += 1;
      this.#write(`${point(true, this.#points, title)} # SKIP not run`);
    }
  }

  #bailOut(reason: string): void {
    this.#write(`Bail out! ${oneLine(reason)}`);
    this.#isOver = true;
  }

  #indexOf(task: string): number {
    return this.#plan.tasks.findIndex(({ id }) => id === task);
  }

  #title(index: number): string {
    return oneLine(this.#plan.tasks[index]?.title ?? '');
  }

  #write(...lines: string[]): void {
    for (const line of lines) this.#stream.write(`${line}\n`);
  }
}

function point(isWell: boolean, number: number, title: string): string {
  return `${isWell ? 'ok' : 'not ok'} ${number} - ${oneLine(title).replace(/[\\#]/g, '\\$&')}`;
}

/** A YAML block below a test point, without the values that are not there. */
function diagnostics(values: Record<string, string | number | undefined>): string[] {
  const texts = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'string' ? printable(value) : value,
  ]);
  const yaml = stringify(Object.fromEntries(texts), { lineWidth: 0 }).trimEnd();
  return ['---', ...yaml.split('\n'), '...'].map((line) => `  ${line}`);
}

function oneLine(text: string): string {
  return printable(text).replace(/\s+/g, ' ').trim();
}
