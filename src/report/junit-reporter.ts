import { writeFile } from 'node:fs/promises';
import type { Builder, TestCase, TestSuite } from 'junit-report-builder';
import { EnvironmentError } from '../model/errors.ts';
import type { CheckResult, RunEvent, RunReport } from '../model/event.ts';
import { collectReport } from './collect-report.ts';
import { checkTitle, describeError, describeFailedCheck } from './failure-text.ts';
import { printable } from './printable.ts';
import type { Reporter } from './reporter.ts';

/** Writes a JUnit XML file when the run ends: a test case for each check, and for each task that has none. */
export class JunitReporter implements Reporter {
  readonly #path: string;
  readonly #events: RunEvent[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  handle(event: RunEvent): void {
    // Progress is no part of the report, and there is much of it.
    if (event.type !== 'task-progress') this.#events.push(event);
  }

  async close(): Promise<void> {
    const xml = await formatJunit(this.#events);
    try {
      await writeFile(this.#path, xml);
    } catch (cause) {
      const reason = (cause as Error).message;
      throw new EnvironmentError('LAB_REPORT_UNWRITABLE', `The JUnit file cannot be written: ${reason}`, {
        hint: `Name another file: --reporter junit=FILE.`,
        cause,
      });
    }
  }
}

/** The JUnit XML of a run, finished or not. */
export async function formatJunit(events: readonly RunEvent[]): Promise<string> {
  // Loaded only here: most runs need no XML. Its types describe `exports.default`; what it has is `module.exports`.
  const library = await import('junit-report-builder');
  const factory = library.default as unknown as Builder;
  const started = events.find((event) => event.type === 'run-started');
  const finished = events.findLast((event) => event.type === 'run-finished');
  const report = finished?.report ?? collectReport(events);
  const builder = factory.newBuilder();
  const suite = builder
    .testSuite()
    .name(`lab ${started?.command ?? ''} ${started?.lab ?? ''}`.trimEnd())
    .time(report.seconds);
  if (started !== undefined) suite.timestamp(started.at);
  for (const task of report.tasks) addTask(suite, task);
  return builder.build();
}

function addTask(suite: TestSuite, task: RunReport['tasks'][number]): void {
  for (const check of task.checks) addCheck(suite, task.id, check);
  const checksTellIt = task.checks.some((check) => check.status === 'failed') || task.status === 'passed';
  if (task.checks.length > 0 && checksTellIt && task.error === undefined) return;
  const test = suite.testCase().className(task.id).name(printable(task.title)).time(task.seconds);
  if (task.status === 'skipped' || task.status === 'pending' || task.status === 'blocked') {
    test.skipped();
    // The format has no place for a reason; it is read from the output.
    test.standardOutput(printable(task.message ?? (task.status === 'pending' ? 'not run' : task.status)));
  } else if (task.status === 'failed') {
    const detail = task.error === undefined ? [] : describeError(task.error);
    fail(test, task.error?.message ?? task.message ?? 'failed', detail);
  }
}

function addCheck(suite: TestSuite, task: string, check: CheckResult): void {
  const test = suite.testCase().className(task).name(checkTitle(check)).time(check.seconds);
  if (check.status === 'failed') {
    fail(test, `expected ${check.expected}, found ${check.actual}`, describeFailedCheck(check));
  }
}

function fail(test: TestCase, message: string, detail: readonly string[]): void {
  test.failure(printable(message)).stacktrace(detail.join('\n'));
}
