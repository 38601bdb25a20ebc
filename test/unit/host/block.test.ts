import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DamagedBlockError, findBlock, removeBlock, replaceBlock } from '../../../src/host/block.ts';

const text = (content: Buffer): string => content.toString('latin1');
const set = (content: string, name: string, lines: string[], where?: 'start' | 'end'): string =>
  text(replaceBlock(Buffer.from(content, 'latin1'), name, lines, where));

describe('replaceBlock', () => {
  it('adds a block at the end, changes it in its place and says whose it is', () => {
    const first = set('127.0.0.1 localhost\n', 'coreos', ['172.17.8.101 core-01']);
    expect(first).toBe(
      '127.0.0.1 localhost\n' +
        '# >>> lab coreos >>> managed by lab; do not edit\n' +
        '172.17.8.101 core-01\n' +
        '# <<< lab coreos <<<\n',
    );
    expect(set(`${first}after\n`, 'coreos', ['a', 'b'])).toBe(
      `${first}after\n`.replace('172.17.8.101 core-01', 'a\nb'),
    );
    expect(findBlock(Buffer.from(first), 'coreos')).toMatchObject({
      line: 2,
      lines: ['172.17.8.101 core-01'],
    });
  });

  it('uses the line ends of the file', () => {
    expect(set('a\r\nb\r\n', 'x', ['1', '2']).split('\r\n')).toHaveLength(7);
    expect(set('a\nb\r\n', 'x', ['1'])).toContain('\n1\n# <<<');
  });

  it('refuses lines that would break the block', () => {
    expect(() => set('', 'x', ['a\nb'])).toThrow('cannot hold');
    expect(() => set('', 'x', ['# <<< lab x <<<'])).toThrow('cannot hold');
    expect(() => set('', 'x y', [])).toThrow('cannot be named');
  });
});

describe('a file without a final newline', () => {
  const original = 'a\nb';

  it('gets it back when the block goes, also when another block has followed', () => {
    const both = set(set(original, 'one', ['1']), 'two', ['2']);
    expect(text(removeBlock(removeBlock(Buffer.from(both), 'one'), 'two'))).toBe(original);
    expect(text(removeBlock(removeBlock(Buffer.from(both), 'two'), 'one'))).toBe(original);
  });

  it('keeps the newline when somebody has added lines below', () => {
    const grown = `${set(original, 'one', ['1'])}c\n`;
    expect(text(removeBlock(Buffer.from(grown), 'one'))).toBe('a\nb\nc\n');
  });
});

describe('a damaged block is refused with its place', () => {
  const begin = '# >>> lab x >>> managed by lab; do not edit';
  const end = '# <<< lab x <<<';
  const other = set('', 'y', ['1']).trimEnd();
  it.each([
    ['no end', ['a', begin, 'b'], 2, 'does not end'],
    ['no begin', ['a', end], 2, 'does not begin'],
    ['reordered', [end, begin], 1, 'does not begin'],
    ['begin twice', [begin, '1', begin, end], 3, 'begins a second time'],
    ['end twice', [begin, end, 'a', end], 4, 'ends a second time'],
    ['two blocks', [begin, end, begin, end], 3, 'begins a second time'],
    ['another lab inside', [begin, other, end], 2, 'a marker of y'],
    ['begin edited', ['# >>> lab x >>>', '1', end], 1, 'was edited'],
    ['end indented', [begin, '1', ` ${end}`], 3, 'was edited'],
  ])('%s', (_, lines, line, problem) => {
    const file = Buffer.from(lines.join('\n') + '\n');
    for (const act of [findBlock, removeBlock, (f: Buffer, n: string) => replaceBlock(f, n, [])]) {
      expect(() => act(file, 'x')).toThrow(DamagedBlockError);
      expect(() => act(file, 'x')).toThrow(new RegExp(`^line ${String(line)}: .*${problem}`));
    }
  });

  it('but the damage of another lab is not ours', () => {
    expect(set('# >>> lab y >>> managed by lab; do not edit\n', 'x', ['1'])).toContain('lab x');
  });
});

describe('any file and any sequence of changes', () => {
  const piece = fc.oneof(
    fc.constantFrom('\n', '\r\n', '\r', 'ä', '# comment', '127.0.0.1\tlocalhost', ''),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  const bytes = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join(''))),
    fc.uint8Array({ maxLength: 30 }).map((array) => Buffer.from(array)),
  );
  const name = fc.constantFrom('one', 'two', 'three');
  const where = fc.constantFrom('start' as const, 'end' as const);
  const change = fc.oneof(
    fc.record({
      act: fc.constant('set' as const),
      name,
      where,
      lines: fc.array(fc.stringMatching(/^[^\r\n#]*$/), { maxLength: 3 }),
    }),
    fc.record({ act: fc.constant('remove' as const), name }),
  );

  it('leaves the rest as it was, shows what was set last, and restores the original', () => {
    fc.assert(
      fc.property(bytes, fc.array(change, { maxLength: 12 }), (original, changes) => {
        let file: Buffer = original;
        const shown = new Map<string, string[]>();
        for (const step of changes) {
          if (step.act === 'set') {
            file = replaceBlock(file, step.name, step.lines, step.where);
            shown.set(step.name, step.lines);
          } else {
            file = removeBlock(file, step.name);
            shown.delete(step.name);
          }
          for (const each of ['one', 'two', 'three']) {
            expect(findBlock(file, each)?.lines).toEqual(shown.get(each));
          }
          const without = [...shown.keys()].reduce(removeBlock, file);
          expect(without.equals(original)).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });
});
