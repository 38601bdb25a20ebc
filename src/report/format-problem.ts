import type { styleText } from 'node:util';
import type { SourceProblem } from '../model/errors.ts';

/** Colours a text, or leaves it as it is where there are no colours. */
export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

const tabWidth = 2;
const widestLine = 160;

/** One mistake in a file: the place, what is wrong, the line itself with `^^^` below the place, and the hint. */
export function formatProblem(problem: SourceProblem, paint: Paint): string {
  const { position, message, lineText, hint } = problem;
  const place =
    position === undefined ? '' : `${paint('cyan', `${position.file}:${position.line}:${position.column}`)} `;
  return [
    `  ${place}${message}`,
    ...(position === undefined || lineText === undefined
      ? []
      : frame(lineText, position.line, position.column, paint)),
    ...(hint === undefined ? [] : [`    ${paint('bold', 'hint:')} ${hint}`]),
  ].join('\n');
}

function frame(lineText: string, line: number, column: number, paint: Paint): string[] {
  const start = column - 1;
  // Of a long line the part around the place is shown.
  const from = start > widestLine - 40 ? start - 60 : 0;
  const before = `${from > 0 ? '…' : ''}${lineText.slice(from, start)}`;
  const rest = lineText.slice(start);
  const after =
    rest.length > widestLine - before.length ? `${rest.slice(0, widestLine - before.length)}…` : rest;
  const marked = /^(?:"[^"]*"|'[^']*'|\{\{.*?\}\}|[\p{L}\p{N}_./-]+)/u.exec(after)?.[0] ?? '';
  const gutter = `    ${line} | `;
  const carets = '^'.repeat(Math.max(1, width(marked)));
  return [
    `${paint('gray', gutter)}${printable(before + after)}`,
    `${' '.repeat(gutter.length + width(before))}${paint('red', carets)}`,
  ];
}

/** Tabs as blanks, control characters made visible and harmless. */
function printable(text: string): string {
  const harmless = text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '�');
  return harmless.replaceAll('\t', ' '.repeat(tabWidth));
}

/** Columns that a terminal gives a text: two to Chinese, Japanese and Korean characters and emoji, none to combining marks. */
function width(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (character === '\t') columns += tabWidth;
    else if (/[\p{Mn}\p{Me}\u200b-\u200d\ufe0f]/u.test(character)) columns += 0;
    else columns += wide.test(character) ? 2 : 1;
  }
  return columns;
}

const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u;
