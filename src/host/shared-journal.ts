import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../io/clock.ts';
import { EnvironmentError } from '../model/errors.ts';
import { hostLockPath, sharedJournalPath } from '../state/lab-home.ts';
import { LockHeldError, withLock } from '../state/process-lock.ts';
import { explainUnwritable } from '../state/state-error.ts';
import { ChangeJournal, type OpenChange } from './journal.ts';
import { sharedChangeSchema, type SharedChange } from './shared-change.ts';

/** Makes a change that labs share; what `SharedJournal.record` does. */
export type RecordShared = <T>(
  change: SharedChange,
  make: () => Promise<T>,
  options?: {
    /** What was made, to tell it later from what others make under its name; undefined: it cannot be told. */
    identify?: (result: T) => Promise<string | undefined>;
    signal?: AbortSignal | undefined;
  },
) => Promise<T>;

/** Another lab may be waiting for a person to type a password. */
const lockTimeoutMs = 60_000;

/**
 * The journal of what labs share, LAB_HOME/journal.jsonl. Several labs write it: each line under the host's lock, which is
 * not held while a change is made. Throws LAB_STATE_UNWRITABLE, LAB_STATE_INVALID, LAB_STATE_LOCKED.
 */
export class SharedJournal {
  readonly #journal: ChangeJournal<SharedChange>;
  readonly #home: string;
  readonly #clock: Clock;

  constructor(home: string, clock: Clock) {
    const path = sharedJournalPath(home);
    const hint = `Use the version of lab that wrote it, or move the file away: lab then goes on, and no longer knows which boxes, images and ranges it has added before. \`mv '${path}' '${path}.damaged'\``;
    this.#journal = new ChangeJournal({ path, clock, schema: sharedChangeSchema, hint });
    this.#home = home;
    this.#clock = clock;
  }

  /** What is to be undone, newest first. */
  open(): Promise<OpenChange<SharedChange>[]> {
    return this.#journal.open();
  }

  /**
   * Makes a change after it has been written down; to be called only where it is not there yet. When `make` throws, the
   * entry stays open: the change may be half made.
   */
  readonly record: RecordShared = async (change, make, { identify, signal } = {}) => {
    await this.#locked(() => this.#begin(change), signal);
    const result = await make();
    const made = await identify?.(result);
    await this.#locked(() => this.#end(change, made), signal);
    return result;
  };

  /** They have been undone, or were found not to be there. */
  async markUndone(ids: readonly number[], signal?: AbortSignal): Promise<void> {
    if (ids.length === 0) return;
    await this.#locked(async () => {
      for (const id of ids) await this.#journal.markUndone(id);
    }, signal);
  }

  async #begin(change: SharedChange): Promise<void> {
    const known = await this.#entryOf(change);
    if (known?.done === false) return;
    // What was made then is gone, and what comes of it now is another: a crash in between must not take it for that one.
    if (known !== undefined) await this.#journal.markUndone(known.id);
    await this.#journal.append(change);
  }

  async #end(change: SharedChange, made: string | undefined): Promise<void> {
    const known = await this.#entryOf(change);
    // Somebody looked meanwhile, found nothing, and took the entry out.
    await this.#journal.markDone(known?.id ?? (await this.#journal.append(change)), made);
  }

  async #entryOf(change: SharedChange): Promise<OpenChange<SharedChange> | undefined> {
    return (await this.#journal.open()).find((entry) => isDeepStrictEqual(entry.change, change));
  }

  async #locked<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const path = hostLockPath(this.#home);
    const lock = { path, command: 'write the journal of what labs share', clock: this.#clock };
    try {
      return await withLock(
        { ...lock, timeoutMs: lockTimeoutMs, ...(signal === undefined ? {} : { signal }) },
        work,
      );
    } catch (error) {
      if (!(error instanceof LockHeldError)) throw explainUnwritable(error, path);
      const { pid, command, since } = error.owner;
      throw new EnvironmentError(
        'LAB_STATE_LOCKED',
        `What labs share is in use: process ${String(pid)} (${command}) has been at work on it since ${since}.`,
        { hint: `Wait for it to end, or stop it: kill ${String(pid)}`, cause: error },
      );
    }
  }
}
