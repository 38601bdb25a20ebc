import { styleText, stripVTControlCharacters } from 'node:util';
import { errorCodes } from '../model/error-codes.ts';
import { EnvironmentError, LabError, SourceError } from '../model/errors.ts';
import type { Problem } from '../model/errors.ts';
import type { EventError } from '../model/event.ts';
import { formatProblem } from './format-problem.ts';
import type { Paint } from './format-problem.ts';

const lastLinesShown = 20;
/** One page for each code, generated from the same source as what is said here. */
const docs = 'docs/errors';

/** An error for a person to read: what failed and where, the last lines, what to do, where the log is, and the code. No newline at its end. */
export function formatError(error: unknown, { color }: { color: boolean }): string {
  const paint: Paint = (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
  if (!(error instanceof LabError)) return formatBug(error, paint);
  const { machine, command, output, logPath, hint } = error.details;
  const problems = error instanceof EnvironmentError ? error.problems : [];
  // What to do is said by each problem where there are any.
  const general =
    problems.length > 0 || error instanceof SourceError ? undefined : errorCodes[error.code].fix;
  const advice = hint ?? general;
  const parts = [
    `${paint('red', 'Error:')} ${clean(error.message)}`,
    ...(error instanceof SourceError ? error.problems.map((problem) => formatProblem(problem, paint)) : []),
    ...problems.map((problem) => formatFinding(problem, paint)),
    ...(machine === undefined ? [] : [`  machine: ${machine}`]),
    ...(command === undefined ? [] : [`  command: ${clean(command)}`]),
    ...(output === undefined || output.trim() === '' ? [] : [`  last lines:\n${lastLines(output)}`]),
    ...(advice === undefined ? [] : [`  ${paint('bold', 'what to do:')} ${clean(advice)}`]),
    ...(logPath === undefined ? [] : [`  log: ${logPath}`]),
    pointer(error.code, paint),
    ...(error.code === 'LAB_BUG' ? [indented(error.stack ?? '')] : []),
  ];
  return parts.join('\n');
}

/** An error for the event stream: all of it in plain text, without colours. */
export function toEventError(error: unknown): EventError {
  if (!(error instanceof LabError)) {
    const { fix } = errorCodes.LAB_BUG;
    return { code: 'LAB_BUG', message: messageOf(error), hint: fix, output: stackOf(error) };
  }
  const { hint = errorCodes[error.code].fix, machine, command, output, logPath } = error.details;
  return {
    code: error.code,
    message: [error.message, ...problemLines(error)].join('\n'),
    hint,
    ...(machine === undefined ? {} : { machine }),
    ...(command === undefined ? {} : { command }),
    ...(output === undefined ? {} : { output }),
    ...(logPath === undefined ? {} : { logPath }),
  };
}

/** What `lab` exits with for an error: the error's own status, 70 for anything that is not an error of ours. */
export function exitCodeOf(error: unknown): number {
  return error instanceof LabError ? error.exitCode : 70;
}

function problemLines(error: LabError): string[] {
  if (error instanceof EnvironmentError) {
    return error.problems.map(({ code, message, fix }) => `${code}: ${message} ${fix}`);
  }
  if (!(error instanceof SourceError)) return [];
  return error.problems.map(({ position, message }) =>
    position === undefined ? message : `${position.file}:${position.line}:${position.column}: ${message}`,
  );
}

function formatFinding({ code, severity, message, fix }: Problem, paint: Paint): string {
  const label = severity === 'error' ? paint('red', code) : paint('yellow', `${code} (warning)`);
  return `  ${label}: ${clean(message)}\n    ${paint('bold', 'fix:')} ${clean(fix)}`;
}

function formatBug(error: unknown, paint: Paint): string {
  return [
    `${paint('red', 'Error:')} ${clean(messageOf(error))}`,
    `  ${errorCodes.LAB_BUG.meaning} ${errorCodes.LAB_BUG.fix}`,
    pointer('LAB_BUG', paint),
    indented(stackOf(error)),
  ].join('\n');
}

function pointer(code: LabError['code'], paint: Paint): string {
  return `  ${paint('gray', `${code}, see ${docs}/${code}.md`)}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The stack with those of its causes. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? String(error);
  return error.cause === undefined ? own : `${own}\ncaused by ${stackOf(error.cause)}`;
}

function lastLines(output: string): string {
  return indented(output.trimEnd().split('\n').slice(-lastLinesShown).join('\n'));
}

function indented(text: string): string {
  return clean(text)
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}

/** What programs and files say may hold escape sequences; they must not reach the terminal. */
function clean(text: string): string {
  return stripVTControlCharacters(text.replaceAll('\r\n', '\n')).replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    '�',
  );
}
