import { findBlock, removeBlock, replaceBlock } from './block.ts';
import type { Block } from './block.ts';
import type { OpenChange } from './journal.ts';

/** Whether lab itself wrote a line of its block. Any other is somebody else's, and stays. */
export type IsOwnLine = (line: string) => boolean;

const newline = 0x0a;

/**
 * The lines that lab has written into its block of a hosts file, by the entries of its journal: all of them, since a run
 * may have been killed between its entry and its write. Undefined: it is not known, and every line counts as lab's.
 */
export function journaledLines(open: readonly OpenChange[], file: string): readonly string[] | undefined {
  const entries = open.flatMap(({ change }) =>
    change.kind === 'hosts-block' && change.file === file ? [change.lines] : [],
  );
  // Journals of lab before it kept the lines do not have them.
  if (entries.length === 0 || entries.includes(undefined)) return undefined;
  return [...new Set(entries.flatMap((lines) => lines ?? []))];
}

/** The lines of a block that are not lab's. Throws `DamagedBlockError`. */
export function foreignLines(file: Buffer, name: string, isOwn: IsOwnLine): string[] {
  return (findBlock(file, name)?.lines ?? []).filter((line) => !isOwn(line));
}

/**
 * Gives the block these lines in place of lab's own. The others stay, byte for byte, behind them. `start`: the block comes
 * to the start of the file. Throws `DamagedBlockError`.
 */
export function replaceOwnLines(
  file: Buffer,
  name: string,
  lines: readonly string[],
  isOwn: IsOwnLine,
  where: 'start' | 'in place' = 'in place',
): Buffer {
  const foreign = foreignBytes(file, name, isOwn);
  const next =
    where === 'start'
      ? replaceBlock(removeBlock(file, name), name, lines, 'start')
      : replaceBlock(file, name, lines);
  const block = findBlock(next, name);
  if (block === undefined || foreign.length === 0) return next;
  const { end } = contentOf(next, block);
  return Buffer.concat([next.subarray(0, end), foreign, next.subarray(end)]);
}

/**
 * Takes lab's own lines out, and the block with them. The others stay, byte for byte, in the place of the block. Without
 * any the file is as if the block had never been there. Throws `DamagedBlockError`.
 */
export function removeOwnLines(file: Buffer, name: string, isOwn: IsOwnLine): Buffer {
  const block = findBlock(file, name);
  const foreign = foreignBytes(file, name, isOwn);
  if (block === undefined || foreign.length === 0) return removeBlock(file, name);
  const before = file.subarray(0, block.end);
  const separator = before.at(-1) === newline ? '' : '\n';
  // Text that follows keeps a newline that lab added above the block.
  const behind = Buffer.concat([before, Buffer.from(separator), foreign, file.subarray(block.end)]);
  return removeBlock(behind, name);
}

function foreignBytes(file: Buffer, name: string, isOwn: IsOwnLine): Buffer {
  const block = findBlock(file, name);
  if (block === undefined) return Buffer.alloc(0);
  const { raw } = contentOf(file, block);
  return Buffer.concat(raw.filter((_, index) => !isOwn(block.lines[index] ?? '')));
}

/** The lines between the markers with their newlines, and where they end. */
function contentOf(file: Buffer, block: Block): { raw: Buffer[]; end: number } {
  let end = file.indexOf(newline, block.start) + 1;
  const raw = block.lines.map(() => {
    const start = end;
    end = file.indexOf(newline, start) + 1;
    return file.subarray(start, end);
  });
  return { raw, end };
}
