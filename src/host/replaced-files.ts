import { closeSync } from 'node:fs';
import { readWhole } from './regular-file.ts';

/** What another program has made of a file that was not in its place any more. */
export interface LateWrite {
  before: Buffer;
  content: Buffer;
}

/**
 * Files whose name we have given to new ones. Another program may have opened one before that, and write into it
 * afterwards: what it writes would be lost with the file. As long as they are held here it is seen.
 */
export class ReplacedFiles {
  readonly #held: { fd: number; seen: Buffer }[] = [];

  /** `seen`: what the file had in it, as far as we have taken it over. */
  hold(fd: number, seen: Buffer): void {
    this.#held.push({ fd, seen });
  }

  /** The next file that somebody has written into since; its content then counts as seen. */
  takeLateWrite(): LateWrite | undefined {
    for (const file of this.#held) {
      const [before, content] = [file.seen, readWhole(file.fd)];
      if (content.equals(before)) continue;
      file.seen = content;
      return { before, content };
    }
    return undefined;
  }

  close(): void {
    for (const { fd } of this.#held.splice(0)) closeSync(fd);
  }
}
