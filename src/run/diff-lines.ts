/** A line as it is shown, and what it is compared by. */
export interface DiffLine {
  text: string;
  key: string;
}

/** A line of a difference: in both (` `), only before (`-`), only after (`+`), or the head of a part (`@`). */
export interface DiffRow {
  sign: ' ' | '-' | '+' | '@';
  text: string;
}

const contextLines = 3;
/** Above this many comparisons, only what is alike at the beginning and at the end is looked for. */
const maxCells = 4_000_000;

/**
 * The difference of two texts, by the longest common subsequence of their lines, in parts with three lines around each
 * change and a head `@@ -LINE,COUNT +LINE,COUNT @@`, as diff -u has them. Empty where they are alike.
 */
export function diffLines(before: readonly DiffLine[], after: readonly DiffLine[]): DiffRow[] {
  const rows = allRows(before, after);
  const near = rows.map((_, index) =>
    rows.slice(Math.max(0, index - contextLines), index + contextLines + 1).some((row) => row.sign !== ' '),
  );
  const shown: DiffRow[] = [];
  let [beforeLine, afterLine] = [1, 1];
  for (const [index, row] of rows.entries()) {
    if (near[index] === true) {
      if (near[index - 1] !== true) {
        const end = near.indexOf(false, index);
        shown.push(partHead(rows.slice(index, end < 0 ? rows.length : end), beforeLine, afterLine));
      }
      shown.push(row);
    }
    if (row.sign !== '+') beforeLine += 1;
    if (row.sign !== '-') afterLine += 1;
  }
  return shown;
}

/** The lines of a text that are compared as they are; none of an empty text. */
export function plainLines(text: string): DiffLine[] {
  return text === '' ? [] : text.split('\n').map((line) => ({ text: line, key: line }));
}

function partHead(part: readonly DiffRow[], beforeLine: number, afterLine: number): DiffRow {
  const length = (without: '+' | '-'): number => part.filter((row) => row.sign !== without).length;
  const range = (line: number, count: number): string => `${count === 0 ? line - 1 : line},${count}`;
  return {
    sign: '@',
    text: `@@ -${range(beforeLine, length('+'))} +${range(afterLine, length('-'))} @@`,
  };
}

/** Every line of both, removed ones before those in their place. Of a line in both, the later text is shown. */
function allRows(before: readonly DiffLine[], after: readonly DiffLine[]): DiffRow[] {
  const same = (i: number, j: number): boolean => before[i]?.key === after[j]?.key;
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && same(start, start)) start += 1;
  let end = 0;
  while (end < shorter - start && same(before.length - 1 - end, after.length - 1 - end)) end += 1;
  const keep = (lines: readonly DiffLine[]): DiffRow[] => lines.map(({ text }) => ({ sign: ' ', text }));
  return [
    ...keep(after.slice(0, start)),
    ...middleRows(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...keep(after.slice(after.length - end)),
  ];
}

function middleRows(before: readonly DiffLine[], after: readonly DiffLine[]): DiffRow[] {
  const lengths = before.length * after.length > maxCells ? undefined : commonLengths(before, after);
  const rows: DiffRow[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [one, other] = [before[i], after[j]];
    if (lengths !== undefined && one !== undefined && other !== undefined && one.key === other.key) {
      rows.push({ sign: ' ', text: other.text });
      i += 1;
      j += 1;
    } else if (one !== undefined && (lengths?.[i + 1]?.[j] ?? 0) >= (lengths?.[i]?.[j + 1] ?? 0)) {
      rows.push({ sign: '-', text: one.text });
      i += 1;
    } else {
      rows.push({ sign: '+', text: other?.text ?? '' });
      j += 1;
    }
  }
  return rows;
}

/** At [i][j]: how many lines the rest of `before` from i and the rest of `after` from j have in common, in order. */
function commonLengths(before: readonly DiffLine[], after: readonly DiffLine[]): Uint32Array[] {
  const table = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i -= 1) {
    const [row, below] = [table[i], table[i + 1]];
    if (row === undefined || below === undefined) continue;
    for (let j = after.length - 1; j >= 0; j -= 1) {
      row[j] =
        before[i]?.key === after[j]?.key ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}
