import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MarkedText } from '../../../src/transport/marked-text.ts';

const mark = '\u001eab\u001eabc';

/** Feeds the pieces; what was handed on by then and, when the mark came, what stood behind it. */
async function read(pieces: readonly string[]): Promise<{ text: string; rest: string | undefined }> {
  const marked = new MarkedText();
  let text = '';
  let rest: string | undefined;
  void marked
    .until(mark, (piece) => {
      text += piece;
    })
    .then((found) => {
      rest = found;
    });
  for (const piece of pieces) marked.add(piece);
  marked.end();
  await Promise.resolve();
  await Promise.resolve();
  return { text, rest };
}

/** Text of parts of the mark and other things, cut into pieces. */
const cuts = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 6 });
const parts = fc
  .array(fc.constantFrom('\u001e', '\u001ea', '\u001eab', '\u001eab\u001e', 'ab', 'c', '\n', 'é'), {
    maxLength: 12,
  })
  .map((list) => list.join(''))
  .filter((text) => !text.includes(mark) && !`${text}${mark}`.slice(0, -1).includes(mark));

function split(text: string, at: readonly number[]): string[] {
  const places = [0, ...[...at].sort((a, b) => a - b), text.length];
  return places.slice(1).map((place, index) => text.slice(places[index], place));
}

describe('MarkedText', () => {
  it('hands on what comes before the mark, however it is cut, and gives the rest of the line', async () => {
    await fc.assert(
      fc.asyncProperty(parts, cuts, async (text, at) => {
        const found = await read(split(`${text}${mark} 7\nlater`, at));
        expect(found).toEqual({ text, rest: ' 7' });
      }),
    );
  });

  it('hands everything on when the text ends without the mark', async () => {
    await fc.assert(
      fc.asyncProperty(parts, cuts, async (text, at) => {
        expect(await read(split(text, at))).toEqual({ text, rest: undefined });
      }),
    );
  });

  it('holds nothing back that cannot be the mark', () => {
    const marked = new MarkedText();
    const seen: string[] = [];
    void marked.until(mark, (piece) => seen.push(piece));
    marked.add('pulling 10%\r');
    marked.add('pulling 20%\u001e');
    expect(seen).toEqual(['pulling 10%\r', 'pulling 20%']);
  });

  it('drops what comes between two commands', async () => {
    const marked = new MarkedText();
    const first = marked.until(mark, () => undefined);
    marked.add(`${mark}\n`);
    await first;
    marked.add('from a process in the background');
    let text = '';
    void marked.until(mark, (piece) => {
      text += piece;
    });
    marked.add('the next command');
    expect(text).toBe('the next command');
  });
});
