import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import type { Clock } from '../io/clock.ts';
import { createPrivateDirectory, syncDirectory } from '../io/files.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError } from '../model/errors.ts';
import { explainUnwritable } from '../state/state-error.ts';
import { hostChangeSchema } from './journal-entry.ts';
import type { HostChange } from './journal-entry.ts';

const lineSchema = z.union([
  z.object({ id: z.number().int(), at: z.string(), change: hostChangeSchema }),
  z.object({ id: z.number().int(), at: z.string(), mark: z.enum(['done', 'undone']) }),
]);

type JournalLine = z.infer<typeof lineSchema>;

/** A change that was begun and not undone. */
export interface OpenChange {
  id: number;
  /** When it was begun, ISO 8601. */
  at: string;
  change: HostChange;
  /** False: the run ended before it said that the change was made; it may be made, half made or not made. */
  done: boolean;
}

/** A complete line of the journal that is none of ours. */
export class JournalLineError extends Error {
  constructor(line: number) {
    super(`line ${String(line)} is no entry of a journal`);
    this.name = 'JournalLineError';
  }
}

function parseLines(text: string): JournalLine[] {
  // What follows the last newline was torn by a crash: its change was never begun, since entries come first.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, index) => {
      try {
        return lineSchema.parse(JSON.parse(line));
      } catch {
        throw new JournalLineError(index + 1);
      }
    });
}

/** What is to be undone according to the text of a journal, newest first. Throws `JournalLineError`. */
export function foldJournal(text: string): OpenChange[] {
  const changes = new Map<number, OpenChange>();
  for (const line of parseLines(text)) {
    if ('change' in line)
      changes.set(line.id, { id: line.id, at: line.at, change: line.change, done: false });
    else if (line.mark === 'undone') changes.delete(line.id);
    else if (changes.has(line.id))
      changes.set(line.id, { ...(changes.get(line.id) as OpenChange), done: true });
  }
  return [...changes.values()].reverse();
}

/**
 * The lab's write-ahead journal of changes to the host, `journal.jsonl`: one line per entry, on disk before the call
 * returns. One process writes it, the one that has the lab's lock. Throws LAB_STATE_UNWRITABLE or LAB_STATE_INVALID.
 */
export class Journal {
  readonly #path: string;
  readonly #clock: Clock;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Records a change that is about to be made. To be called before it is made. */
  async append(change: HostChange): Promise<number> {
    const ids = this.#interpret(await this.#read(), (text) => parseLines(text).map((line) => line.id));
    const id = Math.max(0, ...ids) + 1;
    await this.#write({ id, at: this.#now(), change });
    return id;
  }

  /** The change has been made. */
  async markDone(id: number): Promise<void> {
    await this.#write({ id, at: this.#now(), mark: 'done' });
  }

  /** The change has been undone, or was found not to be there. */
  async markUndone(id: number): Promise<void> {
    await this.#write({ id, at: this.#now(), mark: 'undone' });
  }

  /** What is to be undone, newest first. */
  async open(): Promise<OpenChange[]> {
    return this.#interpret(await this.#read(), foldJournal);
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  async #read(): Promise<string> {
    try {
      return await readFile(this.#path, 'utf8');
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return '';
      throw invalid(this.#path, (error as Error).message, error);
    }
  }

  #interpret<T>(text: string, interpret: (text: string) => T): T {
    try {
      return interpret(text);
    } catch (error) {
      throw invalid(this.#path, (error as Error).message, error);
    }
  }

  async #write(line: JournalLine): Promise<void> {
    try {
      await createPrivateDirectory(dirname(this.#path));
      await appendDurably(this.#path, `${JSON.stringify(line)}\n`);
    } catch (error) {
      throw explainUnwritable(error, this.#path);
    }
  }
}

function invalid(path: string, reason: string, cause: unknown): EnvironmentError {
  return new EnvironmentError('LAB_STATE_INVALID', `The journal ${path} cannot be used: ${reason}.`, {
    hint: 'Use the version of lab that wrote it; docs/reference/host-changes.md says what a lab changes on a host.',
    cause,
  });
}

async function appendDurably(path: string, line: string): Promise<void> {
  const handle = await open(path, 'a+', 0o600);
  try {
    const content = await handle.readFile();
    const complete = content.lastIndexOf('\n') + 1;
    // A torn line would spoil the one that is written behind it.
    if (complete < content.length) await handle.truncate(complete);
    try {
      await handle.appendFile(line);
    } catch (error) {
      await handle.truncate(complete);
      throw error;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncDirectory(dirname(path));
}
