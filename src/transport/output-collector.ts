/** Keeps the end of a long text: what a command said last is what matters when it fails. */
export class OutputCollector {
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #limit: number;
  #kept: string[] = [];
  #keptLength = 0;
  #dropped = 0;
  #partialLine = '';

  /** `limit`: how many characters are kept; `onLine` gets every line without its line end, also those that are dropped. */
  constructor(limit: number, onLine?: (line: string) => void) {
    this.#limit = limit;
    this.#onLine = onLine;
  }

  add(text: string): void {
    this.#kept.push(text);
    this.#keptLength += text.length;
    while (this.#keptLength > this.#limit) this.#dropFirst();
    if (this.#onLine !== undefined) this.#splitLines(text, this.#onLine);
  }

  /** Reports a last line that has no newline. */
  end(): void {
    if (this.#partialLine !== '') this.#onLine?.(this.#partialLine);
    this.#partialLine = '';
  }

  /** All that was kept; starts by saying how much was left out, if any. */
  text(): string {
    const notice = this.#dropped > 0 ? `[the first ${String(this.#dropped)} characters were left out]\n` : '';
    return notice + this.#kept.join('');
  }

  #dropFirst(): void {
    const first = this.#kept.shift() ?? '';
    const excess = this.#keptLength - this.#limit;
    const dropped = Math.min(first.length, excess);
    if (dropped < first.length) this.#kept.unshift(first.slice(dropped));
    this.#keptLength -= dropped;
    this.#dropped += dropped;
  }

  #splitLines(text: string, onLine: (line: string) => void): void {
    const lines = (this.#partialLine + text).split('\n');
    // A line without end must not grow without end either.
    this.#partialLine = (lines.pop() ?? '').slice(-this.#limit);
    for (const line of lines) onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
  }
}

/** The last `count` lines that are not empty. */
export function lastLines(text: string, count: number): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
}
