import type { HttpCheck } from '../model/scenario.ts';
import { excerpt, summarise } from './check-finding.ts';
import type { Finding } from './check-finding.ts';
import { checkText } from './check-text.ts';

/** What came back from a server: an answer, or the reason why there is none. */
export type HttpAnswer = { status: number; body: string } | { noAnswer: string };

/** Holds an answer against its rendered expectation. Where no status is asked for, it must be a success (200 to 299). */
export function checkHttp(expectation: HttpCheck['expect'], answer: HttpAnswer): Finding {
  if (expectation.unreachable === true) return checkSilence(answer);
  if ('noAnswer' in answer) {
    const expected = statusInWords(expectation.status);
    return { passed: false, expected, actual: `no answer: ${answer.noAnswer}` };
  }
  const status: Finding = {
    passed:
      expectation.status === undefined
        ? answer.status >= 200 && answer.status <= 299
        : answer.status === expectation.status,
    expected: statusInWords(expectation.status),
    actual: `HTTP ${answer.status}`,
  };
  const body = excerpt(answer.body.trim() === '' ? 'an empty body' : answer.body);
  return status.passed
    ? summarise([status, ...checkText(expectation, answer.body)], `HTTP ${answer.status}\n${body}`)
    : summarise([status], body);
}

function checkSilence(answer: HttpAnswer): Finding {
  const silent = 'noAnswer' in answer;
  return {
    passed: silent,
    expected: 'no answer',
    actual: silent ? `no answer: ${answer.noAnswer}` : `HTTP ${answer.status}\n${excerpt(answer.body)}`,
  };
}

function statusInWords(status: number | undefined): string {
  return status === undefined ? 'an HTTP success (200 to 299)' : `HTTP ${status}`;
}
