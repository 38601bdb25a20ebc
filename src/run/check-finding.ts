import { SourceError } from '../model/errors.ts';

/** The verdict on one expectation, or on all of a check. Texts are short and meant for people. */
export interface Finding {
  passed: boolean;
  expected: string;
  actual: string;
}

const maxLines = 10;
const maxColumns = 200;

/** All expectations of a check in one: what failed is said first and alone; what was seen is shown below it. */
export function summarise(findings: readonly Finding[], seen: string): Finding {
  const failed = findings.filter((finding) => !finding.passed);
  const passed = failed.length === 0;
  const told = passed ? findings : failed;
  const actual = passed ? [seen] : [...failed.map((finding) => finding.actual), seen];
  return {
    passed,
    expected: told.map((finding) => finding.expected).join('\n'),
    actual: [...new Set(actual)].filter((text) => text !== '').join('\n'),
  };
}

/** The first lines of a text, long lines cut. */
export function excerpt(text: string): string {
  const lines = text.trimEnd().split('\n');
  const shown = lines
    .slice(0, maxLines)
    .map((line) => (line.length > maxColumns ? `${line.slice(0, maxColumns)}…` : line));
  const more = lines.length - shown.length;
  if (more > 0) shown.push(`… and ${more} more ${more === 1 ? 'line' : 'lines'}`);
  return shown.join('\n');
}

/** A regular expression of a scenario. Throws LAB_SCENARIO_INVALID: after rendering it may be another than the one validated. */
export function compilePattern(pattern: string, flags = ''): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch (error) {
    throw invalidExpectation(`"${pattern}" is no regular expression: ${(error as Error).message}`);
  }
}

/** A number of an expectation, which a template may have given as text. Throws LAB_SCENARIO_INVALID. */
export function toCount(value: number | string): number {
  const count = typeof value === 'number' ? value : /^\s*\d+\s*$/.test(value) ? Number(value) : NaN;
  if (!Number.isInteger(count)) {
    throw invalidExpectation(`"${String(value)}" should be a whole number after rendering`);
  }
  return count;
}

function invalidExpectation(message: string): SourceError {
  return new SourceError('LAB_SCENARIO_INVALID', `An expectation of a check makes no sense: ${message}.`, []);
}
