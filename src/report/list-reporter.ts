import {
  DefaultRenderer,
  Listr,
  ListrDefaultRendererLogLevels,
  ListrLogger,
  ProcessOutput,
  createWritable,
} from 'listr2';
import type { ListrDefaultRendererOptions, ListrTaskWrapper } from 'listr2';
import type { RunEvent } from '../model/event.ts';
import type { Plan } from '../model/plan.ts';
import { checkTitle, describeError, describeFailedCheck, describeShownCheck } from './failure-text.ts';
import { formatPlanHead } from './plan-text.ts';
import { formatSeconds, printable } from './printable.ts';
import { flushed } from './reporter.ts';
import type { Reporter } from './reporter.ts';
import { formatSummary } from './summary-text.ts';

const showCursor = '\u001b[?25h';

/** listr2 asks the process, not the stream that it is given, whether there is a terminal; our caller has done so. */
class TerminalRenderer extends DefaultRenderer {
  static override nonTTY = true;
}

type Wrapper = ListrTaskWrapper<unknown, typeof TerminalRenderer, typeof TerminalRenderer>;
type TaskFinished = Extract<RunEvent, { type: 'task-finished' }>;

/** The list of tasks on a terminal, redrawn in place. Each task of listr2 waits for the event that ends ours. */
export class ListReporter implements Reporter {
  readonly #stdout: NodeJS.WriteStream;
  readonly #color: boolean;
  readonly #write: (text: string) => void;
  readonly #tasks = new Map<string, ListedTask>();
  readonly #lateWarnings: string[] = [];
  #command = '';
  #list: Promise<void> | undefined;
  #summary: string[] = [];

  constructor({ stdout, color }: { stdout: NodeJS.WriteStream; color: boolean }) {
    this.#stdout = stdout;
    this.#color = color;
    // While the list is shown listr2 holds back what is written to the stream.
    const write = stdout.write.bind(stdout);
    this.#write = (text) => {
      write(text);
    };
  }

  handle(event: RunEvent): void {
    switch (event.type) {
      case 'run-started':
        this.#command = event.command;
        this.#prepare(event.plan);
        break;
      case 'task-started':
        // Not before the first task: warnings about the plan come between its head and the list.
        this.#list ??= this.#show();
        break;
      case 'task-progress':
        this.#tasks.get(event.task)?.progress(event.machine, event.message);
        break;
      case 'check-finished':
        this.#tasks.get(event.task)?.check(event.check);
        break;
      case 'task-finished':
        this.#tasks.get(event.task)?.finish(event);
        break;
      case 'warning':
        this.#warn(`warning: ${printable(event.message)}`);
        break;
      case 'run-finished':
        this.#summary = formatSummary(this.#command, event.lab, event.report);
        this.#endList();
        break;
    }
  }

  async close(): Promise<void> {
    this.#endList();
    await this.#list;
    for (const line of [...this.#lateWarnings, ...this.#summary]) this.#write(`${line}\n`);
    await flushed({ write: this.#stdout.write.bind(this.#stdout) });
  }

  #prepare(plan: Plan): void {
    if (plan.tasks.length === 0) return;
    for (const line of formatPlanHead(plan)) this.#write(`${line}\n`);
    for (const task of plan.tasks) this.#tasks.set(task.id, new ListedTask(task.title));
  }

  #warn(line: string): void {
    if (this.#list === undefined) this.#write(`${line}\n`);
    else this.#lateWarnings.push(line);
  }

  /** Shows the list; resolves when all tasks have ended and the cursor is back. */
  async #show(): Promise<void> {
    const restoreCursor = (): void => {
      this.#write(showCursor);
    };
    // A second Ctrl-C ends the process under the list.
    process.once('exit', restoreCursor);
    const tasks = [...this.#tasks.values()].map((task) => ({
      title: task.title,
      task: (_: unknown, wrapper: Wrapper) => task.run(wrapper),
    }));
    const list = new Listr(tasks, {
      renderer: TerminalRenderer,
      fallbackRenderer: TerminalRenderer,
      // One that failed ends our run, not listr2's: the others are shown as not run.
      exitOnError: false,
      // Signals are ours; listr2's own handler would end the process.
      registerSignalListeners: false,
      rendererOptions: {
        collapseErrors: false,
        collapseSkips: true,
        logger: new ListrLogger<ListrDefaultRendererLogLevels>({
          useIcons: true,
          // Standard error stays free: what is said there at a Ctrl-C must be seen at once.
          processOutput: new ProcessOutput(
            this.#stdout,
            createWritable(() => undefined) as unknown as NodeJS.WriteStream,
          ),
        }),
        ...(this.#color ? {} : { color: noColors }),
      },
    });
    try {
      await list.run();
    } finally {
      process.off('exit', restoreCursor);
      restoreCursor();
    }
  }

  #endList(): void {
    for (const task of this.#tasks.values()) task.finish(undefined);
  }
}

/** One task of ours as listr2 shows it: the last line of each machine while it runs, what failed when it has ended. */
class ListedTask {
  readonly title: string;
  readonly #progress = new Map<string, string>();
  readonly #failures: string[] = [];
  readonly #shown: string[] = [];
  #wrapper: Wrapper | undefined;
  #finish!: (event: TaskFinished | undefined) => void;
  readonly #finished = new Promise<TaskFinished | undefined>((resolve) => {
    this.#finish = resolve;
  });

  constructor(title: string) {
    this.title = printable(title);
  }

  progress(machine: string | undefined, message: string): void {
    const line =
      printable(message)
        .split('\n')
        .findLast((part) => part.trim() !== '') ?? '';
    this.#progress.set(machine ?? '', machine === undefined ? line : `${machine}  ${line}`);
    this.#show();
  }

  check(check: Extract<RunEvent, { type: 'check-finished' }>['check']): void {
    this.progress(undefined, `${check.status}: ${checkTitle(check)}`);
    if (check.status === 'passed') {
      this.#shown.push(...describeShownCheck(check));
      return;
    }
    this.#failures.push(checkTitle(check), ...describeFailedCheck(check).map((line) => `  ${line}`));
  }

  /** Undefined: it did not run, or not to its end. Only the first call counts. */
  finish(event: TaskFinished | undefined): void {
    this.#finish(event);
  }

  async run(wrapper: Wrapper): Promise<void> {
    this.#wrapper = wrapper;
    this.#show();
    const event = await this.#finished;
    if (event === undefined || event.error?.code === 'LAB_INTERRUPTED') {
      wrapper.skip(`${this.title}: ${event === undefined ? 'not run' : 'stopped'}`);
      return;
    }
    const reason = event.message === undefined ? '' : `: ${printable(event.message)}`;
    const title = `${this.title}${reason}`;
    if (event.status === 'skipped') {
      wrapper.skip(title);
      return;
    }
    const timed = event.status === 'unchanged' ? title : `${title} (${formatSeconds(event.seconds)})`;
    wrapper.title = [timed, ...this.#shown.map((line) => `  ${line}`)].join('\n');
    if (event.status === 'failed' || event.status === 'blocked') {
      const lines = [...this.#failures, ...(event.error === undefined ? [] : describeError(event.error))];
      throw new Error(lines.join('\n') || event.status);
    }
  }

  #show(): void {
    if (this.#wrapper !== undefined && this.#progress.size > 0) {
      this.#wrapper.output = [...this.#progress.values()].join('\n');
    }
  }
}

/** listr2's own colours, by level, replaced by none. */
const noColors: NonNullable<ListrDefaultRendererOptions['color']> = Object.fromEntries(
  Object.values(ListrDefaultRendererLogLevels).map((level) => [level, (text?: string) => text ?? '']),
);
