import type { CheckResult, EventError } from '../model/event.ts';
import { labelled, printable } from './printable.ts';

const labelWidth = 'last lines:'.length;

/** `core-01: every member is healthy`. */
export function checkTitle(check: CheckResult): string {
  const where = check.machine === undefined ? '' : `${check.machine}: `;
  return printable(`${where}${check.title}`);
}

/** Why a check failed, a line each; the check's title is not among them. */
export function describeFailedCheck(check: CheckResult): string[] {
  return described([
    ['machine', check.machine],
    ['command', check.command],
    ['expected', check.expected],
    ['actual', check.actual === '' ? '(nothing)' : check.actual],
    ['hint', check.hint],
  ]);
}

/** What a check saw that is worth showing although it passed, a line each. */
export function describeShownCheck(check: CheckResult): string[] {
  return check.show === true ? printable(check.actual).split('\n') : [];
}

/** What an error that ended a task says, its message first. */
export function describeError(error: EventError): string[] {
  return [
    ...printable(`${error.code}: ${error.message}`).split('\n'),
    ...described([
      ['machine', error.machine],
      ['command', error.command],
      ['last lines', error.output],
      ['what to do', error.hint],
      ['log', error.logPath],
    ]),
  ];
}

function described(parts: [label: string, text: string | undefined][]): string[] {
  return parts.flatMap(([label, text]) =>
    text === undefined || text.trim() === '' ? [] : labelled(label, text, labelWidth),
  );
}
