import type { JsonExpectation } from '../model/scenario.ts';
import { compilePattern, toCount } from './check-finding.ts';
import type { Finding } from './check-finding.ts';

/** Holds a JSON text against what is expected at each path. */
export function checkJson(expectations: readonly JsonExpectation[], text: string): Finding[] {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    const actual = text.trim() === '' ? 'no output' : `no JSON: ${(error as Error).message}`;
    return [{ passed: false, expected: 'a JSON document', actual }];
  }
  return expectations.map((expectation) => checkPath(expectation, data));
}

function checkPath({ path, equals, matches, length }: JsonExpectation, data: unknown): Finding {
  const found = lookUp(data, path);
  const rules: { rule: string; passed: boolean }[] = [];
  if (equals !== undefined) {
    // Rendering turns numbers of the scenario into text, so a number equals its own notation.
    rules.push({
      rule: `is ${JSON.stringify(equals)}`,
      passed: found === equals || scalar(found) === equals,
    });
  }
  if (matches !== undefined) {
    const value = scalar(found);
    rules.push({
      rule: `matches ${matches}`,
      passed: value !== undefined && compilePattern(matches).test(value),
    });
  }
  if (length !== undefined) {
    const wanted = toCount(length);
    rules.push({ rule: `has length ${wanted}`, passed: lengthOf(found) === wanted });
  }
  if (rules.length === 0) rules.push({ rule: 'is there', passed: found !== undefined && found !== null });
  const failed = rules.filter((rule) => !rule.passed);
  const told = failed.length === 0 ? rules : failed;
  const wantsLength = failed.some((rule) => rule.rule.startsWith('has length'));
  return {
    passed: failed.length === 0,
    expected: `${path} ${told.map((rule) => rule.rule).join(' and ')}`,
    actual: `${path} is ${inWords(found)}${wantsLength ? lengthInWords(found) : ''}`,
  };
}

/** `.` is the whole document. */
function lookUp(data: unknown, path: string): unknown {
  const segments = path.split('.').filter((segment) => segment !== '');
  return segments.reduce<unknown>(
    (value, segment) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, segment)
        ? (value as Record<string, unknown>)[segment]
        : undefined,
    data,
  );
}

function scalar(value: unknown): string | undefined {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}

function lengthOf(value: unknown): number | undefined {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : undefined;
}

function lengthInWords(value: unknown): string {
  const length = lengthOf(value);
  return length === undefined ? '' : `, length ${length}`;
}

function inWords(value: unknown): string {
  if (value === undefined) return 'not there';
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
