import type { CheckResult } from '../model/event.ts';
import type { Step } from '../model/scenario.ts';
import { diffLines, plainLines, type DiffLine, type DiffRow } from './diff-lines.ts';
import { normaliseOutput } from './normalise-output.ts';
import type { RecordedOutput, StepOutputs } from './recorded-output.ts';

/**
 * Holds what a step printed when it was played against its recording: one result for each output of each machine, in
 * the order of the step; a failed one has the difference (unified) as `actual`. Texts are compared as `normaliseOutput`
 * leaves them, and lines that are the same in another order are no drift: who answers first is no part of a chapter.
 * Nothing is said of actions and checks with `record: false`, nor of a step that was not played.
 *
 * Both must have the same setting (`settingDifference` says whether they have).
 */
export function driftOf(step: Step, played: StepOutputs, recording: StepOutputs): CheckResult[] {
  const today = comparable(step, played);
  const recorded = comparable(step, recording);
  if (today === undefined) return [];
  if (recorded === undefined) {
    return [
      result(undefined, undefined, step.title, {
        expected: 'the step is in the recording',
        actual: 'it is not',
      }),
    ];
  }
  const gone = [...recorded].filter(([key]) => !today.has(key));
  return [
    ...[...today].map(([key, output]) =>
      compare(output, recorded.get(key), played.setting.machines, recording.setting.machines),
    ),
    ...gone.map(([, output]) =>
      result(output, output, entryName(output), {
        expected: 'what is recorded',
        actual: 'nothing was printed by it, or the scenario has it no longer',
      }),
    ),
  ];
}

/** What the book printed against what was printed when the step was played. Undefined where the book shows no output. */
export function bookDifference(step: Step, played: StepOutputs): DiffRow[] | undefined {
  const { book } = step;
  const outputs = played.steps[step.id];
  if (book?.output === undefined || outputs === undefined) return undefined;
  // A book sets columns as it likes.
  const key = (line: string): string => normaliseOutput(line, played.setting.machines).replace(/ +/g, ' ');
  const keyed = (text: string): DiffLine[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => ({ text: line, key: key(line) }));
  const command = book.command === undefined ? [] : keyed(`$ ${book.command}`);
  return diffLines(
    [...command, ...keyed(book.output)],
    outputs.flatMap((output) => keyed(transcript(output))),
  );
}

/** `command 2`, or the title of the check in quotes. */
export function entryName(output: RecordedOutput): string {
  return 'run' in output ? `command ${output.run}` : `"${output.check}"`;
}

/** As it looks in a terminal; of a command of several lines the first. */
function transcript({ command = '', output }: RecordedOutput): string {
  const [first = '', ...more] = command.split('\n');
  return `$ ${first}${more.length > 0 ? ' …' : ''}\n${output}`;
}

/** What is to be compared, by what it is of. A check that a step has twice is counted. */
function comparable(step: Step, { steps }: StepOutputs): Map<string, RecordedOutput> | undefined {
  const outputs = steps[step.id];
  if (outputs === undefined) return undefined;
  const found = new Map<string, RecordedOutput>();
  for (const output of outputs.filter((candidate) => isCompared(step, candidate))) {
    const name = `${entryName(output)} ${output.machine ?? ''}`;
    const isTaken = (count: number): boolean => found.has(`${name} ${count}`);
    let count = 1;
    while (isTaken(count)) count += 1;
    found.set(`${name} ${count}`, output);
  }
  return found;
}

function isCompared(step: Step, output: RecordedOutput): boolean {
  const entry =
    'run' in output ? step.run[output.run - 1] : step.checks.find((check) => check.title === output.check);
  return entry === undefined || !('record' in entry) || entry.record !== false;
}

function compare(
  today: RecordedOutput,
  recorded: RecordedOutput | undefined,
  addresses: Readonly<Record<string, string>>,
  recordedAddresses: Readonly<Record<string, string>>,
): CheckResult {
  const name = entryName(today);
  const after = comparedText(today, addresses);
  if (recorded === undefined) {
    return result(today, today, name, {
      expected: 'it is in the recording',
      actual: `it is not; it printed\n${formatRows(diffLines([], plainLines(after)))}`.trimEnd(),
    });
  }
  const before = comparedText(recorded, recordedAddresses);
  const expected = 'what is recorded';
  if (sorted(before) === sorted(after))
    return result(today, undefined, name, { expected, actual: 'the same' });
  const rows = diffLines(plainLines(before), plainLines(after));
  return result(today, today, name, { expected, actual: formatRows(rows) });
}

/** A difference as text, with its signs. */
export function formatRows(rows: readonly DiffRow[]): string {
  return rows.map(({ sign, text }) => (sign === '@' ? text : `${sign}${text}`)).join('\n');
}

function comparedText({ exit, status, output }: RecordedOutput, addresses: Readonly<Record<string, string>>) {
  const head = status === undefined ? (exit === undefined ? [] : [`[exit ${exit}]`]) : [`HTTP ${status}`];
  return [...head, normaliseOutput(output, addresses)].filter((line) => line !== '').join('\n');
}

function sorted(text: string): string {
  return text.split('\n').sort().join('\n');
}

function result(
  output: RecordedOutput | undefined,
  drifted: RecordedOutput | undefined,
  name: string,
  verdict: { expected: string; actual: string },
): CheckResult {
  const status = output !== undefined && drifted === undefined ? 'passed' : 'failed';
  return {
    title: `${name} prints what is recorded`,
    status,
    ...(output?.machine === undefined ? {} : { machine: output.machine }),
    command: output?.command ?? '',
    ...verdict,
    ...(status === 'passed'
      ? {}
      : { hint: '`lab record` shows all that differs, `lab record --accept` records it anew.' }),
    seconds: 0,
  };
}
