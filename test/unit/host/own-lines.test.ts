import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findBlock, removeBlock, replaceBlock } from '../../../src/host/block.ts';
import type { HostChange } from '../../../src/host/journal-entry.ts';
import {
  foreignLines,
  journaledLines,
  removeOwnLines,
  replaceOwnLines,
} from '../../../src/host/own-lines.ts';

const isOwn = (line: string): boolean => line.startsWith('own ');
const latin1 = (file: Buffer): string => file.toString('latin1');

/** Text of others: any bytes but those of marker lines. */
const otherBytes = fc
  .array(fc.constantFrom('a', '\u00e9', '#', ' ', '\r', '\n', '127.0.0.1 x\n', '\u00ff\u00fe'), {
    maxLength: 12,
  })
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));
const ownText = fc.array(fc.constantFrom('own 1', 'own 2', 'own 3'), { maxLength: 4 });
/** Whole lines as somebody's editor leaves them: of any encoding, with any line end. */
const foreignText = fc.array(
  fc.constantFrom('10.0.0.9 db\n', '# caf\u00e9\n', '\n', 'x\r\n', '  \t\n', '\u00ff\n'),
  { minLength: 1, maxLength: 5 },
);

/** The file with lines of somebody else put into its block, before that line of it. */
function meddle(file: Buffer, lines: readonly { text: string; at: number }[]): Buffer {
  return lines.reduce((content, { text, at }) => {
    const { start, lines: present } = findBlock(content, 'x') ?? { start: 0, lines: [] };
    let place = content.indexOf('\n', start) + 1;
    for (let skipped = 0; skipped < at % (present.length + 1); skipped += 1) {
      place = content.indexOf('\n', place) + 1;
    }
    return Buffer.concat([content.subarray(0, place), Buffer.from(text, 'latin1'), content.subarray(place)]);
  }, file);
}

const meddling = foreignText.chain((texts) =>
  fc.tuple(...texts.map((text) => fc.record({ text: fc.constant(text), at: fc.nat(8) }))),
);

/** The lines of somebody else in the block as bytes, in their order. */
function foreignIn(file: Buffer): string {
  const block = findBlock(file, 'x');
  if (block === undefined) return '';
  const lines = latin1(file.subarray(block.start, block.end)).split(/(?<=\n)/);
  return lines
    .slice(1, -1)
    .filter((line) => !isOwn(line))
    .join('');
}

describe('lines that somebody else has put into a block', () => {
  it('stay behind the own ones, which are brought up to date', () => {
    const made = replaceBlock(Buffer.from('a\n'), 'x', ['own 1', 'own 2']);
    const edited = meddle(made, [{ text: '10.0.0.9 db\n', at: 0 }]);
    expect(foreignLines(edited, 'x', isOwn)).toEqual(['10.0.0.9 db']);
    const next = replaceOwnLines(edited, 'x', ['own 3'], isOwn);
    expect(findBlock(next, 'x')?.lines).toEqual(['own 3', '10.0.0.9 db']);
    expect(latin1(removeOwnLines(next, 'x', isOwn))).toBe('a\n10.0.0.9 db\n');
  });

  it('are no more than others to a file without a final newline', () => {
    const edited = meddle(replaceBlock(Buffer.from('a'), 'x', ['own 1']), [{ text: 'b\n', at: 1 }]);
    expect(latin1(removeOwnLines(edited, 'x', isOwn))).toBe('a\nb\n');
    expect(latin1(removeOwnLines(edited.subarray(0, -1), 'x', isOwn))).toBe('a\nb\n');
  });

  it('come to no harm, byte for byte, whatever the file and however often the block is written', () => {
    fc.assert(
      fc.property(otherBytes, otherBytes, ownText, ownText, meddling, (before, after, first, next, edits) => {
        const made = Buffer.concat([replaceBlock(before, 'x', first), after]);
        const edited = meddle(made, edits);
        const theirs = foreignIn(edited);
        const written = replaceOwnLines(edited, 'x', next, isOwn);
        expect(foreignIn(written)).toBe(theirs);
        expect(findBlock(written, 'x')?.lines.filter(isOwn)).toEqual(next);
        expect(replaceOwnLines(written, 'x', next, isOwn).equals(written)).toBe(true);
        const gone = removeOwnLines(written, 'x', isOwn);
        const plain = removeBlock(
          Buffer.concat([replaceBlock(before, 'x', next), Buffer.from('!'), after]),
          'x',
        );
        expect(latin1(gone)).toBe(
          latin1(plain).slice(0, plain.length - after.length - 1) + theirs + latin1(after),
        );
      }),
    );
  });

  it('are none: then the file is, byte for byte, what it was', () => {
    fc.assert(
      fc.property(otherBytes, ownText, ownText, (before, first, next) => {
        const written = replaceOwnLines(replaceBlock(before, 'x', first), 'x', next, isOwn);
        expect(removeOwnLines(written, 'x', isOwn).equals(before)).toBe(true);
      }),
    );
  });
});

describe('journaledLines', () => {
  const entry = (id: number, change: Partial<HostChange>): Parameters<typeof journaledLines>[0][number] => ({
    ...{ id, at: '', done: true },
    change: { kind: 'hosts-block', file: '/etc/hosts', lab: 'coreos', ...change } as HostChange,
  });

  it('are those of all open entries of the file', () => {
    const open = [
      entry(3, { lines: ['a', 'c'] }),
      entry(2, { lines: ['z'], file: '/other' }),
      entry(1, { lines: ['a', 'b'] }),
    ];
    expect(journaledLines(open, '/etc/hosts')).toEqual(['a', 'c', 'b']);
  });

  it('are not known without an entry, or where one of an older lab does not tell', () => {
    expect(journaledLines([], '/etc/hosts')).toBeUndefined();
    expect(journaledLines([entry(2, { lines: ['a'] }), entry(1, {})], '/etc/hosts')).toBeUndefined();
  });
});
