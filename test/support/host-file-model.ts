interface Text {
  kind: 'text';
  bytes: string;
}

interface Block {
  kind: 'block';
  bytes: string;
  name: string;
  lines: string[];
  /** The line above had no newline and got one from us: this line. */
  added?: string | undefined;
}

/** What somebody else does to the file. */
export interface ForeignEdit {
  act:
    | 'append'
    | 'append without newline'
    | 'prepend'
    | 'insert above a block'
    | 'delete a line'
    | 'lengthen the last line'
    | 'cut the final newline';
  /** Without a newline; where the act needs one. */
  line: string;
  /** Picks the line to delete. */
  at: number;
}

const newlines = ['\r\n', '\n'];

/**
 * What a file of the host must be, byte for byte, after whatever happened to it. It knows what marker lines look like, and
 * nothing of how blocks are written and removed. Bytes are latin1 text throughout: one character each.
 *
 * A newline that we had to add above a block is ours as long as it stands between that line and the block. It goes with the
 * block, unless text that follows would be joined to the line.
 */
export class HostFileModel {
  #pieces: (Text | Block)[];
  /** Lines that may be in a block besides those that were asked for. */
  readonly #notes: readonly string[];

  constructor(text: string, notes: readonly string[] = []) {
    this.#pieces = [{ kind: 'text', bytes: text }];
    this.#notes = notes;
    this.#tidy();
  }

  /** The whole file, as it was when it was verified or edited last. */
  get bytes(): string {
    return this.#pieces.map(({ bytes }) => bytes).join('');
  }

  linesOf(name: string): string[] | undefined {
    return this.#block(name)?.lines;
  }

  textAbove(name: string): string {
    const above = this.#pieces.slice(0, this.#indexOf(name));
    return above.map(({ bytes }) => bytes).join('');
  }

  /** Adds the block, or gives it other lines in its place. */
  put(name: string, lines: string[], where: 'start' | 'end' = 'end'): void {
    const known = this.#block(name);
    if (known !== undefined) {
      known.lines = lines;
      if (this.#addedNewline(name) === undefined) known.added = undefined;
      return;
    }
    const block: Block = { kind: 'block', bytes: '', name, lines };
    if (where === 'start') {
      this.#pieces.unshift(block);
      return;
    }
    const last = this.#pieces.at(-1);
    // The newline that a block has lost at the end of the file is a part of that block.
    if (last?.kind === 'text' && last.bytes !== '' && !last.bytes.endsWith('\n')) {
      block.added = lastLine(last.bytes);
    }
    this.#pieces.push(block);
  }

  drop(name: string): void {
    const block = this.#block(name);
    if (block === undefined) return;
    const at = this.#indexOf(name);
    const newline = this.#addedNewline(name);
    this.#pieces.splice(at, 1);
    const [above, below] = [this.#pieces[at - 1], this.#pieces[at]];
    if (newline !== undefined && below?.kind === 'block') below.added = block.added;
    if (newline !== undefined && below === undefined && above !== undefined) {
      above.bytes = above.bytes.slice(0, -newline.length);
    }
    this.#tidy();
  }

  /** Finds every piece in its place, or throws with the offset where the file is something else. */
  verify(actual: string): void {
    let at = 0;
    for (const [index, piece] of this.#pieces.entries()) {
      let length = this.#lengthOf(piece, actual.slice(at));
      const next = this.#pieces[index + 1];
      if (piece.kind === 'text' && next?.kind === 'block' && next.bytes === '' && next.added !== undefined) {
        // Which newline it is is not told beforehand.
        length = /^\r?\n/.exec(actual.slice(at + (length ?? 0))) === null ? undefined : length;
        length &&= length + (/^\r?\n/.exec(actual.slice(at + length))?.[0].length ?? 0);
      }
      if (length === undefined) {
        const near = JSON.stringify(actual.slice(Math.max(0, at - 40), at + 160));
        throw new Error(`not at byte ${String(at)}: ${JSON.stringify(piece)}; there is ${near}`);
      }
      piece.bytes = actual.slice(at, at + length);
      at += length;
    }
    if (at !== actual.length) throw new Error(`more than expected: ${JSON.stringify(actual.slice(at))}`);
  }

  /** False: it cannot be done with the file as it is now. */
  edit(edit: ForeignEdit): boolean {
    const done = this.#edit(edit);
    this.#tidy();
    return done;
  }

  #edit({ act, line, at }: ForeignEdit): boolean {
    const last = this.#pieces.at(-1);
    const isCut = last?.kind === 'block' && !last.bytes.endsWith('\n');
    switch (act) {
      case 'append':
      case 'append without newline':
        if (isCut) return false;
        this.#pieces.push({ kind: 'text', bytes: act === 'append' ? `${line}\n` : line });
        return true;
      case 'prepend':
        this.#pieces.unshift({ kind: 'text', bytes: `${line}\n` });
        return true;
      case 'insert above a block': {
        const index = this.#pieces.findIndex(({ kind }) => kind === 'block');
        if (index !== -1) this.#pieces.splice(index, 0, { kind: 'text', bytes: `${line}\n` });
        return index !== -1;
      }
      case 'delete a line':
        return this.#deleteLine(at);
      case 'lengthen the last line': {
        const text = this.#pieces.findLast((piece) => piece.kind === 'text');
        if (text === undefined) return false;
        text.bytes = text.bytes.replace(/(\r?\n)?$/, 'x$1');
        return true;
      }
      case 'cut the final newline':
        if (last?.kind !== 'block' || isCut) return false;
        last.bytes = last.bytes.replace(/\r?\n$/, '');
        return true;
    }
  }

  #deleteLine(pick: number): boolean {
    const lines = this.#pieces.flatMap((piece) =>
      piece.kind === 'text'
        ? (piece.bytes.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => ({ piece, line }))
        : [],
    );
    const chosen = lines[pick % lines.length];
    if (chosen === undefined) return false;
    const left = lines.filter((each) => each !== chosen && each.piece === chosen.piece);
    chosen.piece.bytes = left.map(({ line }) => line).join('');
    return true;
  }

  /** The newline above the block, as far as it is ours. */
  #addedNewline(name: string): string | undefined {
    const { added } = this.#block(name) ?? {};
    const above = this.textAbove(name);
    if (added === undefined) return undefined;
    return newlines.find((end) => above.endsWith(end) && lastLine(above.slice(0, -end.length)) === added);
  }

  #block(name: string): Block | undefined {
    const piece = this.#pieces[this.#indexOf(name)];
    return piece?.kind === 'block' ? piece : undefined;
  }

  #indexOf(name: string): number {
    return this.#pieces.findIndex((piece) => piece.kind === 'block' && piece.name === name);
  }

  /** Neighbouring texts are one. */
  #tidy(): void {
    const tidy: (Text | Block)[] = [];
    for (const piece of this.#pieces) {
      const before = tidy.at(-1);
      if (piece.kind === 'text' && piece.bytes === '') continue;
      if (piece.kind === 'text' && before?.kind === 'text') before.bytes += piece.bytes;
      else tidy.push(piece);
    }
    this.#pieces = tidy;
  }

  #lengthOf(piece: Text | Block, rest: string): number | undefined {
    if (piece.kind === 'text') return rest.startsWith(piece.bytes) ? piece.bytes.length : undefined;
    const block =
      /^# >>> lab ([\w.-]+) >>> managed by lab[^\r\n]*\r?\n((?:[^\n]*\n)*?)# <<< lab \1 <<<(?:\r?\n|$)/;
    const found = block.exec(rest);
    if (found?.[1] !== piece.name) return undefined;
    const lines = (found[2] ?? '')
      .split(/\r?\n/)
      .filter((line) => line !== '' && !this.#notes.includes(line));
    return lines.join('\n') === piece.lines.join('\n') ? found[0].length : undefined;
  }
}

function lastLine(text: string): string {
  return text.slice(text.lastIndexOf('\n') + 1);
}
