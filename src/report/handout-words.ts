import type { Machine } from '../model/machine.ts';
import type { Check, OutputExpectation, TableExpectation } from '../model/scenario.ts';

type Render = (template: string) => string;

/** A piece of code in Markdown: as many backticks around it as it needs. */
export function code(text: string): string {
  const line = text.replace(/\s*\n\s*/g, ' ');
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = line.startsWith('`') || line.endsWith('`') || line.trim() === '' ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** Plain text as Markdown that shows it as it is, in one line. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\s*\n\s*/g, ' ')
    .replace(/[\\`*_[\]<>&#|~]/g, (character) => `\\${character}`)
    .replace(/^(\d*)([-+.)])(?=\s)/, '$1\\$2');
}

/** Where something is done, to be read after a verb: `on every node`, `on core-01`, `on your computer`. */
export function targetInWords(
  target: string,
  targets: readonly Machine[] | 'host',
  machines: readonly Machine[],
): string {
  if (targets === 'host') return 'on your computer';
  const names = targets.map(({ name }) => name).join(', ');
  if (targets.length <= 1) return `on ${names === '' ? 'no machine' : names}`;
  const role = targets[0]?.role;
  const group = machines.filter((machine) => machine.role === role);
  const word = role === 'node' ? 'node' : 'machine';
  const missing = group.filter((machine) => !targets.includes(machine)).map(({ name }) => name);
  switch (target.trim()) {
    case 'all':
      return `on every ${word}`;
    case 'others':
    case 'remaining':
      return `on every ${word} but ${missing.join(', ')}`;
    default:
      return `on ${names}`;
  }
}

/** What is to be seen when all is well: sentences of Markdown. */
export function expectations(check: Check, render: Render): string[] {
  if (!('http' in check)) {
    const seen = outputSentences(check.expect, render);
    const { exit } = check.expect;
    if (exit === 'nonzero') return ['The command must fail: its exit status is not 0.', ...seen];
    if (exit !== 0) return [`The command ends with exit status ${code(String(exit))}.`, ...seen];
    return seen.length === 0 ? ['The command ends well (exit status 0).'] : seen;
  }
  const { status, unreachable } = check.expect;
  if (unreachable === true) return ['Nobody answers.'];
  const answer =
    status === undefined ? 'The answer is a success (HTTP 200 to 299).' : `The answer is HTTP ${status}.`;
  return [answer, ...outputSentences(check.expect, render)];
}

function outputSentences(expect: OutputExpectation, render: Render): string[] {
  const { contains, matches, notContains, table, json } = expect;
  return [
    ...[contains ?? []].flat().map((text) => `You should see ${code(render(text))}.`),
    ...(matches === undefined ? [] : [matchSentence(render(matches))]),
    ...(notContains === undefined ? [] : [`You should not see ${code(render(notContains))}.`]),
    ...(table === undefined ? [] : tableSentences(table, render)),
    ...(json ?? []).map(({ path, equals, matches: pattern, length }) => {
      const place = path === '.' ? 'the document' : code(path);
      if (length !== undefined) return `You should see that ${place} has ${entries(render(String(length)))}.`;
      if (pattern !== undefined) return `You should see that ${place} matches ${code(render(pattern))}.`;
      if (equals !== undefined) return `You should see that ${place} is ${code(render(String(equals)))}.`;
      return `You should see that ${place} is there.`;
    }),
  ];
}

function matchSentence(pattern: string): string {
  if (pattern === '^$') return 'You should see nothing, or an empty line.';
  const literal = /^\^([\w :/.-]+)\$$/.exec(pattern)?.[1];
  if (literal !== undefined && !literal.includes('.')) return `You should see a line ${code(literal)}.`;
  return `You should see a line that matches ${code(pattern)}.`;
}

function tableSentences(
  { rows, minRows, every, some, distinct }: TableExpectation,
  render: Render,
): string[] {
  const count = rows !== undefined ? render(String(rows)) : undefined;
  const least = minRows !== undefined ? render(String(minRows)) : undefined;
  const size =
    count !== undefined
      ? `a table of ${rowsInWords(count)}`
      : least !== undefined
        ? `a table of at least ${rowsInWords(least)}`
        : 'a table';
  const cells = (row: Record<string, string>): string =>
    Object.entries(row)
      .map(([column, pattern]) => `${code(column)} is ${code(render(pattern))}`)
      .join(' and ');
  return [
    `You should see ${size}${every === undefined ? '' : `; in every row ${cells(every)}`}.`,
    ...(some ?? []).map((row) => `In some row ${cells(row)}.`),
    ...(distinct === undefined ? [] : [`No two rows have the same ${code(distinct)}.`]),
  ];
}

function rowsInWords(count: string): string {
  return count === '1' ? '1 row' : `${count} rows`;
}

function entries(count: string): string {
  return count === '1' ? '1 entry' : `${count} entries`;
}
