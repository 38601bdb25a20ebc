import { createHash } from 'node:crypto';
import { EOL } from 'node:os';

/** A block's marker lines are not as we wrote them. Nothing was changed. */
export class DamagedBlockError extends Error {
  /** Line of the first marker that is wrong, from 1. */
  readonly line: number;
  /** What is wrong with it. */
  readonly problem: string;

  constructor(line: number, problem: string) {
    super(`line ${String(line)}: ${problem}`);
    this.name = 'DamagedBlockError';
    this.line = line;
    this.problem = problem;
  }
}

/** The block of one name in a text file. */
export interface Block {
  /** Byte offsets; `end` is behind the newline of the last marker. */
  start: number;
  end: number;
  /** Line of the first marker, from 1. */
  line: number;
  /** The lines between the markers, without their newlines. */
  lines: string[];
  /** The text above had no final newline: this one, in front of `start`, is ours and goes with the block. */
  newlineAbove?: NewlineAbove;
}

type Newline = '\n' | '\r\n';

interface NewlineAbove {
  newline: Newline;
  /** Of the line that it ends; see `sumOf`. */
  sum: string;
}

const note = ' managed by lab; do not edit';

interface Marker {
  kind: 'begin' | 'end' | 'edited';
  name: string;
  /** Of the line above, where a newline was added to that when the block was written. */
  sum?: string;
}

/** A line as latin1 text, one character per byte, so that any encoding survives; without its newline. */
interface Line {
  text: string;
  start: number;
  end: number;
}

type MarkerLine = Line & Marker;

const newlineByte = 0x0a;

function lineFrom(file: Buffer, start: number): Line {
  const newline = file.indexOf(newlineByte, start);
  const end = newline === -1 ? file.length : newline + 1;
  return { text: file.toString('latin1', start, end).replace(/\r?\n$/, ''), start, end };
}

function splitLines(file: Buffer): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < file.length; start = lines.at(-1)?.end ?? file.length) {
    lines.push(lineFrom(file, start));
  }
  return lines;
}

/** Looks only at the lines that can be markers: files that block advertisements have megabytes of others. */
function markersOf(file: Buffer): MarkerLine[] {
  const markers: MarkerLine[] = [];
  for (const sign of ['>>>', '<<<']) {
    for (let at = file.indexOf(sign); at !== -1;) {
      const line = lineFrom(file, file.subarray(0, at).lastIndexOf(newlineByte) + 1);
      const marker = readMarker(line.text);
      const isKnown = markers.some(({ start }) => start === line.start);
      if (marker !== undefined && !isKnown) markers.push({ ...line, ...marker });
      at = file.indexOf(sign, line.end);
    }
  }
  return markers.sort((one, other) => one.start - other.start);
}

function readMarker(text: string): Marker | undefined {
  const begin = /^# >>> lab ([\w.-]+) >>>(.*)$/.exec(text);
  const end = /^# <<< lab ([\w.-]+) <<<$/.exec(text);
  if (begin?.[1] !== undefined && begin[2] !== undefined) {
    const [name, sum] = [begin[1], /sum ([0-9a-f]{8})\)$/.exec(begin[2])?.[1]];
    if (text === beginMarker(name, sum)) {
      return { kind: 'begin', name, ...(sum === undefined ? {} : { sum }) };
    }
  }
  if (end?.[1] !== undefined) return { kind: 'end', name: end[1] };
  const edited = /^\s*#+\s*(?:>>>|<<<)\s*lab\s+([\w.-]+)/.exec(text);
  if (edited?.[1] === undefined) return undefined;
  return { kind: 'edited', name: edited[1] };
}

/** Whose blocks a file has, damaged ones too: the names in its marker lines, each once. */
export function blockNames(file: Buffer): string[] {
  return [...new Set(markersOf(file).map((marker) => marker.name))];
}

/** Undefined: there is no block. Throws `DamagedBlockError` unless it is exactly one begin and one end with no marker between. */
export function findBlock(file: Buffer, name: string): Block | undefined {
  const markers = markersOf(file);
  const damaged = (marker: MarkerLine, problem: string): DamagedBlockError =>
    new DamagedBlockError(lineNumber(file, marker.start), problem);
  const [begin, end, extra] = markers.filter((marker) => marker.name === name);
  const edited = markers.find((marker) => marker.name === name && marker.kind === 'edited');
  if (edited !== undefined) throw damaged(edited, 'the marker was edited');
  if (begin === undefined) return undefined;
  if (begin.kind === 'end') throw damaged(begin, 'the block ends here but does not begin above');
  if (end === undefined) throw damaged(begin, 'the block begins here but does not end');
  if (end.kind === 'begin') throw damaged(end, 'the block begins a second time');
  if (extra !== undefined) throw damaged(extra, `the block ${extra.kind}s a second time`);
  const nested = markers.find((marker) => marker.start > begin.start && marker.start < end.start);
  if (nested !== undefined) throw damaged(nested, `a marker of ${nested.name} is inside the block`);
  const above = begin.sum === undefined ? undefined : addedNewline(file, begin.start, begin.sum);
  return {
    start: begin.start,
    end: end.end,
    line: lineNumber(file, begin.start),
    lines: splitLines(file.subarray(begin.end, end.start)).map((line) => fromLatin1(line.text)),
    ...(above === undefined ? {} : { newlineAbove: above }),
  };
}

function lineNumber(file: Buffer, start: number): number {
  let number = 1;
  for (let at = file.indexOf(newlineByte); at !== -1 && at < start; at = file.indexOf(newlineByte, at + 1)) {
    number += 1;
  }
  return number;
}

/**
 * The newline that was added above `start`. Undefined where another line is there now: that one's newline is its own. The
 * sum also tells the newline from a carriage return that the line ended with before.
 */
function addedNewline(file: Buffer, start: number, sum: string): NewlineAbove | undefined {
  for (const newline of ['\r\n', '\n'] as const) {
    const end = start - newline.length;
    if (end <= 0 || file.toString('latin1', end, start) !== newline) continue;
    if (sumOf(lastLine(file.subarray(0, end))) === sum) return { newline, sum };
  }
  return undefined;
}

function lastLine(text: Buffer): Buffer {
  return text.subarray(text.lastIndexOf(newlineByte) + 1);
}

/** Kept in the marker, so that the file alone is enough to restore it byte for byte. */
function sumOf(line: Buffer): string {
  return createHash('sha256').update(line).digest('hex').slice(0, 8);
}

/**
 * Gives the block these lines, at its place or, where there is none yet, at the start or end of the file.
 * Everything outside the block stays byte for byte. Throws `DamagedBlockError`. `newline`: of a file that has none yet.
 */
export function replaceBlock(
  file: Buffer,
  name: string,
  lines: readonly string[],
  where: 'start' | 'end' = 'end',
  newline = EOL as Newline,
): Buffer {
  assertName(name);
  assertContent(lines);
  const block = findBlock(file, name);
  if (block !== undefined) {
    // Its own line ends, and not those of most lines: lines of others in it may be what tips the balance.
    const own = newlineOf(file.subarray(block.start, lineFrom(file, block.start).end), newline);
    const text = render(name, lines, own, block.newlineAbove?.sum);
    return splice(file, block.start, block.end, text);
  }
  const newlines = newlineOf(file, newline);
  if (where === 'start') return splice(file, 0, 0, render(name, lines, newlines));
  if (file.length === 0 || file.at(-1) === newlineByte) {
    return splice(file, file.length, file.length, render(name, lines, newlines));
  }
  const text = render(name, lines, newlines, sumOf(lastLine(file)));
  return splice(file, file.length, file.length, newlines + text);
}

/** Takes the block out; the file is then, byte for byte, as if it had never been there. Throws `DamagedBlockError`. */
export function removeBlock(file: Buffer, name: string): Buffer {
  const block = findBlock(file, name);
  if (block === undefined) return file;
  if (block.newlineAbove === undefined) return splice(file, block.start, block.end, '');
  // The newline that we added is still needed where text follows: other text keeps it, a block of ours inherits it.
  if (block.end < file.length) {
    const heir = lineFrom(file, block.end);
    const marker = readMarker(heir.text);
    if (marker?.kind !== 'begin') return splice(file, block.start, block.end, '');
    const text = beginMarker(marker.name, block.newlineAbove.sum);
    return splice(file, block.start, block.end + heir.text.length, text);
  }
  return splice(file, block.start - block.newlineAbove.newline.length, block.end, '');
}

function render(name: string, lines: readonly string[], newline: Newline, sum?: string): string {
  return [beginMarker(name, sum), ...lines, `# <<< lab ${name} <<<`, ''].join(newline);
}

function beginMarker(name: string, sum: string | undefined): string {
  const added = sum === undefined ? '' : ` (the line above had no newline; its sum ${sum})`;
  return `# >>> lab ${name} >>>${note}${added}`;
}

/** What most lines of the file end with. */
function newlineOf(file: Buffer, ofNone: Newline): Newline {
  let [all, withReturn] = [0, 0];
  for (let at = file.indexOf(newlineByte); at !== -1; at = file.indexOf(newlineByte, at + 1)) {
    all += 1;
    if (file[at - 1] === 0x0d) withReturn += 1;
  }
  if (all === 0) return ofNone;
  return withReturn * 2 > all ? '\r\n' : '\n';
}

function splice(file: Buffer, start: number, end: number, text: string): Buffer {
  return Buffer.concat([file.subarray(0, start), Buffer.from(text), file.subarray(end)]);
}

function fromLatin1(text: string): string {
  return Buffer.from(text, 'latin1').toString();
}

function assertName(name: string): void {
  if (!/^[\w.-]+$/.test(name)) throw new Error(`a block cannot be named ${JSON.stringify(name)}`);
}

function assertContent(lines: readonly string[]): void {
  const bad = lines.find((line) => /[\r\n]/.test(line) || readMarker(line) !== undefined);
  if (bad !== undefined) throw new Error(`a block cannot hold the line ${JSON.stringify(bad)}`);
}
