import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { RunEvent, RunReport } from '../../../src/model/event.ts';

/** The built command; the tests are run from the repository's root. */
const bin = resolve('dist/bin.js');
/** Longer than any command of these tests takes: what is still there then hangs. */
const limitMs = 240_000;

/** How a `lab` process ended. */
export interface LabEnd {
  /** `null` when a signal ended it. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** A `lab` process, from its start on. Its output is read as an event stream where it is one. */
export class LabRun {
  readonly pid: number;
  readonly ended: Promise<LabEnd>;
  readonly events: RunEvent[] = [];
  readonly #command: string;
  readonly #listeners = new Set<() => void>();
  #stdout = '';
  #stderr = '';
  #unread = '';
  #isOver = false;

  /** It leads a process group of its own, as a command that a shell starts does. */
  constructor(args: readonly string[], options: { env: NodeJS.ProcessEnv; cwd: string }) {
    this.#command = `lab ${args.join(' ')}`;
    const child = spawn(process.execPath, [bin, ...args], {
      ...options,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.pid = child.pid ?? 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#read(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#notify();
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    this.ended = new Promise((done) =>
      child.once('close', (exitCode) => {
        clearTimeout(timer);
        this.#isOver = true;
        this.#notify();
        done({ exitCode, stdout: this.#stdout, stderr: this.#stderr });
      }),
    );
  }

  /** The last word of the event stream. Throws where it has none. */
  get report(): RunReport {
    const last = this.events.at(-1);
    if (last?.type === 'run-finished') return last.report;
    throw new Error(`no report of: ${this.describe()}`);
  }

  /** All that it has said so far, for messages. */
  describe(): string {
    return `${this.#command}\n${this.#stderr}\n${this.#stdout.split('\n').slice(-15).join('\n')}`;
  }

  /** Resolves when an event matches. Rejects when the process ends without one. */
  async when(matches: (event: RunEvent) => boolean): Promise<RunEvent> {
    for (;;) {
      const found = this.events.find(matches);
      if (found !== undefined) return found;
      if (this.#isOver) throw new Error(`ended before the event came: ${this.describe()}`);
      await new Promise<void>((done) => this.#listeners.add(done));
    }
  }

  /** Resolves when it has said the text on standard error. Rejects when it ends without. */
  async says(text: string): Promise<void> {
    while (!this.#stderr.includes(text)) {
      if (this.#isOver) throw new Error(`ended without saying "${text}": ${this.describe()}`);
      await new Promise<void>((done) => this.#listeners.add(done));
    }
  }

  /** A Ctrl-C at the terminal reaches the whole process group; the others only the process. */
  interrupt(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGKILL'): Promise<LabEnd> {
    process.kill(signal === 'SIGINT' ? -this.pid : this.pid, signal);
    return this.ended;
  }

  #read(text: string): void {
    this.#stdout += text;
    const lines = (this.#unread + text).split('\n');
    this.#unread = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('{"type":')) this.events.push(JSON.parse(line) as RunEvent);
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}
