/** Text that comes piece by piece and is read up to marks that nobody else can know. */
export class MarkedText {
  #mark: string | undefined;
  /** What may be the beginning of the mark, and what came after it in the same line. */
  #held = '';
  #onText: (text: string) => void = () => undefined;
  #onMark: (rest: string) => void = () => undefined;

  /**
   * Hands on what comes before `mark` as it comes. Resolves at the end of the line that the mark is in, with what stands
   * behind it there. What came before the call belongs to nobody and is dropped.
   */
  until(mark: string, onText: (text: string) => void): Promise<string> {
    this.#held = '';
    this.#mark = mark;
    this.#onText = onText;
    return new Promise((resolve) => {
      this.#onMark = resolve;
    });
  }

  add(text: string): void {
    const mark = this.#mark;
    if (mark === undefined) return;
    const seen = this.#held + text;
    const position = seen.indexOf(mark);
    if (position < 0) {
      const kept = beginningAtTheEnd(seen, mark);
      this.#held = seen.slice(seen.length - kept);
      this.#handOn(seen.slice(0, seen.length - kept));
      return;
    }
    this.#handOn(seen.slice(0, position));
    this.#held = seen.slice(position);
    const lineEnd = this.#held.indexOf('\n');
    if (lineEnd < 0) return;
    this.#mark = undefined;
    this.#onMark(this.#held.slice(mark.length, lineEnd));
  }

  /** Nothing more comes: what was held back as a possible mark was none. */
  end(): void {
    if (this.#mark !== undefined && !this.#held.startsWith(this.#mark)) this.#handOn(this.#held);
    this.#mark = undefined;
  }

  #handOn(text: string): void {
    if (text !== '') this.#onText(text);
  }
}

/** How many characters at the end of the text are the beginning of the mark. */
function beginningAtTheEnd(text: string, mark: string): number {
  for (let length = Math.min(text.length, mark.length - 1); length > 0; length -= 1) {
    if (mark.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
