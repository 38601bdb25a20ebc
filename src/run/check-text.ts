import type { OutputExpectation } from '../model/scenario.ts';
import { compilePattern } from './check-finding.ts';
import type { Finding } from './check-finding.ts';
import { checkJson } from './check-json.ts';
import { checkTable } from './check-table.ts';

/** Holds a text (standard output, or a response's body) against all that is expected of it. Line ends at its end do not count. */
export function checkText(expectation: OutputExpectation, text: string): Finding[] {
  const trimmed = text.replaceAll('\r\n', '\n').replace(/\n+$/, '');
  const { contains, matches, notContains, table, json } = expectation;
  return [
    ...[contains ?? []].flat().map((wanted) => checkContains(wanted, trimmed)),
    ...(matches === undefined ? [] : [checkMatches(matches, trimmed)]),
    ...(notContains === undefined ? [] : [checkNotContains(notContains, trimmed)]),
    ...(table === undefined ? [] : checkTable(table, trimmed)),
    ...(json === undefined ? [] : checkJson(json, trimmed)),
  ];
}

function checkContains(wanted: string, text: string): Finding {
  const expected = `the text "${wanted}"`;
  // Every text contains the empty one: an expectation whose template rendered to nothing must not pass.
  if (wanted === '') return { passed: false, expected, actual: 'the expected text is empty after rendering' };
  return { passed: text.includes(wanted), expected, actual: `"${wanted}" is not in the output` };
}

function checkMatches(pattern: string, text: string): Finding {
  return {
    passed: compilePattern(pattern, 'm').test(text),
    expected: `a match of ${pattern}`,
    actual: `nothing matches ${pattern}`,
  };
}

function checkNotContains(unwanted: string, text: string): Finding {
  return {
    passed: unwanted !== '' && !text.includes(unwanted),
    expected: `no "${unwanted}"`,
    actual: `"${unwanted}" is in the output`,
  };
}
