import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import type { Clock } from '../io/clock.ts';
import { createPrivateDirectory, syncDirectory } from '../io/files.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError } from '../model/errors.ts';
import { explainUnwritable, isDiskFull } from '../state/state-error.ts';
import { hostChangeSchema } from './journal-entry.ts';
import type { HostChange } from './journal-entry.ts';

const markSchema = z.object({
  id: z.number().int(),
  at: z.string(),
  mark: z.enum(['done', 'undone']),
  made: z.string().exactOptional(),
});

type JournalLine<Change> = { id: number; at: string; change: Change } | z.infer<typeof markSchema>;

/** A change that was begun and not undone. */
export interface OpenChange<Change = HostChange> {
  id: number;
  /** When it was begun, ISO 8601. */
  at: string;
  change: Change;
  /** False: the run ended before it said that the change was made; it may be made, half made or not made. */
  done: boolean;
  /** What came of it, to tell it from what others make under its name. */
  made?: string;
}

/** A complete line of the journal that is none of ours. */
export class JournalLineError extends Error {
  constructor(line: number) {
    super(`line ${String(line)} is no entry of a journal`);
    this.name = 'JournalLineError';
  }
}

function parseLines<Change>(text: string, changeSchema: z.ZodType<Change>): JournalLine<Change>[] {
  const entrySchema = z.object({ id: z.number().int(), at: z.string(), change: changeSchema });
  const lineSchema = z.union([entrySchema, markSchema]);
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
  return foldLines(parseLines(text, hostChangeSchema));
}

function foldLines<Change>(lines: readonly JournalLine<Change>[]): OpenChange<Change>[] {
  const changes = new Map<number, OpenChange<Change>>();
  for (const line of lines) {
    if ('change' in line)
      changes.set(line.id, { id: line.id, at: line.at, change: line.change, done: false });
    else if (line.mark === 'undone') changes.delete(line.id);
    else if (changes.has(line.id)) {
      const made = line.made === undefined ? {} : { made: line.made };
      changes.set(line.id, { ...(changes.get(line.id) as OpenChange<Change>), done: true, ...made });
    }
  }
  return [...changes.values()].reverse();
}

export interface ChangeJournalOptions<Change> {
  path: string;
  clock: Clock;
  /** Checks changes that are read back. */
  schema: z.ZodType<Change>;
  /** What to do about a journal that cannot be used. */
  hint: string;
}

/**
 * A write-ahead journal of changes: one line per entry, on disk before the call returns. One process writes it at a time.
 * Throws LAB_STATE_UNWRITABLE or LAB_STATE_INVALID.
 */
export class ChangeJournal<Change> {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #schema: z.ZodType<Change>;
  readonly #hint: string;
  readonly #undone = new Set<number>();

  constructor({ path, clock, schema, hint }: ChangeJournalOptions<Change>) {
    this.#path = path;
    this.#clock = clock;
    this.#schema = schema;
    this.#hint = hint;
  }

  /** Records a change that is about to be made. To be called before it is made. */
  async append(change: Change): Promise<number> {
    const ids = (await this.#lines()).map((line) => line.id);
    const id = Math.max(0, ...ids) + 1;
    await this.#write({ id, at: this.#now(), change });
    return id;
  }

  /** The change has been made. `made`: see `OpenChange`. */
  async markDone(id: number, made?: string): Promise<void> {
    await this.#write({ id, at: this.#now(), mark: 'done', ...(made === undefined ? {} : { made }) });
  }

  /**
   * The change has been undone, or was found not to be there. A full disk is no obstacle: who removes a lab may do so
   * for want of room, and a later run that undoes the change once more finds nothing to undo.
   */
  async markUndone(id: number): Promise<void> {
    this.#undone.add(id);
    try {
      await this.#write({ id, at: this.#now(), mark: 'undone' });
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }

  /** What is to be undone, newest first. */
  async open(): Promise<OpenChange<Change>[]> {
    const open = foldLines(await this.#lines());
    return open.filter(({ id }) => !this.#undone.has(id));
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  async #read(): Promise<string> {
    try {
      return await readFile(this.#path, 'utf8');
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return '';
      throw this.#invalid(error);
    }
  }

  async #lines(): Promise<JournalLine<Change>[]> {
    const text = await this.#read();
    try {
      return parseLines(text, this.#schema);
    } catch (error) {
      throw this.#invalid(error);
    }
  }

  #invalid(error: unknown): EnvironmentError {
    const message = `The journal ${this.#path} cannot be used: ${(error as Error).message}.`;
    return new EnvironmentError('LAB_STATE_INVALID', message, { hint: this.#hint, cause: error });
  }

  async #write(line: JournalLine<Change>): Promise<void> {
    try {
      await createPrivateDirectory(dirname(this.#path));
      await appendDurably(this.#path, `${JSON.stringify(line)}\n`);
    } catch (error) {
      throw explainUnwritable(error, this.#path);
    }
  }
}

/** The journal of one lab, `journal.jsonl` in its folder. The process that has the lab's lock writes it. */
export class Journal extends ChangeJournal<HostChange> {
  constructor(path: string, clock: Clock) {
    const hint =
      'Use the version of lab that wrote it; docs/reference/host-changes.md says what a lab changes on a host.';
    super({ path, clock, schema: hostChangeSchema, hint });
  }
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
