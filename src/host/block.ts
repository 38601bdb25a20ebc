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
  /** The text above had no final newline: the one before `start` is ours and goes with the block. */
  addedNewline: boolean;
}

const note = ' managed by lab; do not edit';
/** Kept in the marker so that the file alone is enough to restore it byte for byte. */
const newlineNote = `${note} (the line above had no newline)`;

interface Marker {
  kind: 'begin' | 'end' | 'edited';
  name: string;
  index: number;
  addedNewline: boolean;
}

/** A line as latin1 text, one character per byte, so that any encoding survives. */
interface Line {
  text: string;
  start: number;
  end: number;
}

function splitLines(file: Buffer): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < file.length;) {
    const newline = file.indexOf(0x0a, start);
    const end = newline === -1 ? file.length : newline + 1;
    lines.push({ text: file.toString('latin1', start, end).replace(/\r?\n$/, ''), start, end });
    start = end;
  }
  return lines;
}

function readMarker(text: string, index: number): Marker | undefined {
  const begin = /^# >>> lab ([\w.-]+) >>>(.*)$/.exec(text);
  const end = /^# <<< lab ([\w.-]+) <<<$/.exec(text);
  if (begin?.[1] !== undefined && (begin[2] === note || begin[2] === newlineNote)) {
    return { kind: 'begin', name: begin[1], index, addedNewline: begin[2] === newlineNote };
  }
  if (end?.[1] !== undefined) return { kind: 'end', name: end[1], index, addedNewline: false };
  const edited = /^\s*#+\s*(?:>>>|<<<)\s*lab\s+([\w.-]+)/.exec(text);
  if (edited?.[1] === undefined) return undefined;
  return { kind: 'edited', name: edited[1], index, addedNewline: false };
}

/** Whose blocks a file has, damaged ones too: the names in its marker lines, each once. */
export function blockNames(file: Buffer): string[] {
  const markers = splitLines(file).flatMap((line, index) => readMarker(line.text, index) ?? []);
  return [...new Set(markers.map((marker) => marker.name))];
}

/** Undefined: there is no block. Throws `DamagedBlockError` unless it is exactly one begin and one end with no marker between. */
export function findBlock(file: Buffer, name: string): Block | undefined {
  const lines = splitLines(file);
  const markers = lines.flatMap((line, index) => readMarker(line.text, index) ?? []);
  const [begin, end, extra] = markers.filter((marker) => marker.name === name);
  const edited = markers.find((marker) => marker.name === name && marker.kind === 'edited');
  if (edited !== undefined) throw damaged(edited, 'the marker was edited');
  if (begin === undefined) return undefined;
  if (begin.kind === 'end') throw damaged(begin, 'the block ends here but does not begin above');
  if (end === undefined) throw damaged(begin, 'the block begins here but does not end');
  if (end.kind === 'begin') throw damaged(end, 'the block begins a second time');
  if (extra !== undefined) throw damaged(extra, `the block ${extra.kind}s a second time`);
  const nested = markers.find((marker) => marker.index > begin.index && marker.index < end.index);
  if (nested !== undefined) throw damaged(nested, `a marker of ${nested.name} is inside the block`);
  return {
    start: lines[begin.index]?.start ?? 0,
    end: lines[end.index]?.end ?? file.length,
    line: begin.index + 1,
    lines: lines.slice(begin.index + 1, end.index).map((line) => fromLatin1(line.text)),
    addedNewline: begin.addedNewline,
  };
}

function damaged(marker: Marker, problem: string): DamagedBlockError {
  return new DamagedBlockError(marker.index + 1, problem);
}

/**
 * Gives the block these lines, at its place or, where there is none yet, at the start or end of the file.
 * Everything outside the block stays byte for byte. Throws `DamagedBlockError`.
 */
export function replaceBlock(
  file: Buffer,
  name: string,
  lines: readonly string[],
  where: 'start' | 'end' = 'end',
): Buffer {
  assertName(name);
  assertContent(lines);
  const newline = newlineOf(file);
  const block = findBlock(file, name);
  if (block !== undefined) {
    const text = render(name, lines, newline, block.addedNewline);
    return splice(file, block.start, block.end, text);
  }
  if (where === 'start') return splice(file, 0, 0, render(name, lines, newline, false));
  const addNewline = file.length > 0 && file.at(-1) !== 0x0a;
  const text = (addNewline ? newline : '') + render(name, lines, newline, addNewline);
  return splice(file, file.length, file.length, text);
}

/** Takes the block out; the file is then, byte for byte, as if it had never been there. Throws `DamagedBlockError`. */
export function removeBlock(file: Buffer, name: string): Buffer {
  const block = findBlock(file, name);
  if (block === undefined) return file;
  if (!block.addedNewline) return splice(file, block.start, block.end, '');
  // The newline that we added is still needed where text follows: other text keeps it, a block of ours inherits it.
  const heir = splitLines(file.subarray(block.end))[0];
  const marker = heir === undefined ? undefined : readMarker(heir.text, 0);
  if (heir !== undefined && marker?.kind === 'begin') {
    const markerEnd = block.end + beginMarker(marker.name, false).length;
    return splice(file, block.start, markerEnd, beginMarker(marker.name, true));
  }
  if (heir !== undefined) return splice(file, block.start, block.end, '');
  return splice(file, block.start - addedNewlineLength(file, block), block.end, '');
}

function addedNewlineLength(file: Buffer, block: Block): number {
  if (block.start === 0) return 0;
  const withReturn = file.at(block.end - 2) === 0x0d && file.at(block.start - 2) === 0x0d && block.start > 1;
  return withReturn ? 2 : 1;
}

function render(name: string, lines: readonly string[], newline: string, addedNewline: boolean): string {
  return [beginMarker(name, addedNewline), ...lines, `# <<< lab ${name} <<<`, ''].join(newline);
}

function beginMarker(name: string, addedNewline: boolean): string {
  return `# >>> lab ${name} >>>${addedNewline ? newlineNote : note}`;
}

/** What most lines of the file end with. */
function newlineOf(file: Buffer): '\n' | '\r\n' {
  const text = file.toString('latin1');
  const all = text.split('\n').length - 1;
  const withReturn = text.split('\r\n').length - 1;
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
  const bad = lines.find((line) => /[\r\n]/.test(line) || readMarker(line, 0) !== undefined);
  if (bad !== undefined) throw new Error(`a block cannot hold the line ${JSON.stringify(bad)}`);
}
