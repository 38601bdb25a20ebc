import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** Longer than any machine takes to boot. */
const limitMs = 40_000;

/** A terminal with an interactive shell, and `lab` in it: what a person has in a window. */
export class Terminal {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #ended: Promise<unknown>;
  readonly #listeners = new Set<() => void>();
  #shown = '';

  /** None of the arguments may need quoting. */
  constructor(args: readonly string[], options: { env: NodeJS.ProcessEnv; cwd: string }) {
    // script(1) makes the terminal, and is the window: when it is gone, so is the terminal.
    this.#child = spawn('script', ['--quiet', '--return', '--command', 'bash --norc -i', '/dev/null'], {
      ...options,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#ended = once(this.#child, 'exit');
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += text;
      this.#notify();
    });
    this.type(
      `stty rows 40 columns 120 -echo; ${[process.execPath, resolve('dist/bin.js'), ...args].join(' ')}\n`,
    );
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Resolves when the terminal shows the text. Rejects with what it shows where that does not come. */
  async shows(text: string): Promise<void> {
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort();
      this.#notify();
    }, limitMs);
    try {
      while (!this.#shown.includes(text)) {
        if (late.signal.aborted) throw new Error(`"${text}" is not on the terminal: ${this.#shown}`);
        await new Promise<void>((done) => this.#listeners.add(done));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes the window. What is in it hears of that from the system. */
  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}
