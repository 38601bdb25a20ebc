import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffLines, plainLines } from '../../../src/run/diff-lines.ts';

const shown = (before: string, after: string): string[] =>
  diffLines(plainLines(before), plainLines(after)).map(({ sign, text }) =>
    sign === '@' ? text : sign + text,
  );

describe('diffLines', () => {
  it('shows changes with three lines around each, as diff -u does', () => {
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);
    const after = lines.map((line, index) => (index === 4 ? 'other' : line)).slice(0, 19);
    expect(shown(lines.join('\n'), after.join('\n'))).toEqual([
      ...[
        '@@ -2,7 +2,7 @@',
        ' line 2',
        ' line 3',
        ' line 4',
        '-line 5',
        '+other',
        ' line 6',
        ' line 7',
        ' line 8',
      ],
      ...['@@ -17,4 +17,3 @@', ' line 17', ' line 18', ' line 19', '-line 20'],
    ]);
    expect(shown('same', 'same')).toEqual([]);
    expect(shown('', 'new')).toEqual(['@@ -0,0 +1,1 @@', '+new']);
  });

  it('compares by the key and shows the text', () => {
    const line = (text: string): { text: string; key: string } => ({ text, key: text.toLowerCase() });
    expect(
      diffLines([line('A'), line('B')], [line('a'), line('c')]).map((row) => row.sign + row.text),
    ).toEqual([...['@@@ -1,2 +1,2 @@', ' a', '-B', '+c']]);
  });

  it('keeps as many lines as can be kept', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const rows = diffLines(plainLines(before.join('\n')), plainLines(after.join('\n')));
        const changed = rows.filter(({ sign }) => sign === '-' || sign === '+');
        expect(changed.length).toBe(before.length + after.length - 2 * longestCommon(before, after));
        const [removed, added] = ['-', '+'].map((sign) => changed.filter((row) => row.sign === sign).length);
        expect((added ?? 0) - (removed ?? 0)).toBe(after.length - before.length);
      }),
    );
  });

  it('does without the best answer where that would take minutes', () => {
    const many = (word: string): string =>
      Array.from({ length: 3_000 }, (_, index) => `${word} ${index}`).join('\n');
    expect(shown(many('a'), many('b'))).toHaveLength(6_001);
  });
});

function longestCommon(one: readonly string[], other: readonly string[]): number {
  const [head, ...rest] = one;
  if (head === undefined || other.length === 0) return 0;
  const place = other.indexOf(head);
  const without = longestCommon(rest, other);
  return place < 0 ? without : Math.max(without, 1 + longestCommon(rest, other.slice(place + 1)));
}
