import { writeFileAtomically, removeStaleTemporaries } from '../io/files.ts';
import type { Clock } from '../io/clock.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { takeMachineLock } from './machine-lock.ts';
import { assertUnchanged, ChangedMeanwhile, putContent } from './put-content.ts';
import { behindLinks, readIfThereNow } from './regular-file.ts';
import { ReplacedFiles, type LateWrite } from './replaced-files.ts';
import { assertNoBackup, TornFileError } from './write-in-place.ts';

/** Another program kept changing the file while we tried to. Nothing of ours is in it. */
export class FileKeepsChangingError extends Error {
  constructor(file: string, times: number) {
    super(`${file} was changed by another program each of ${String(times)} times`);
    this.name = 'FileKeepsChangingError';
  }
}

export interface RewriteOptions {
  file: string;
  /**
   * From the whole old content to the whole new one; undefined: there is to be no file. Called again when the file changed
   * meanwhile.
   */
  edit: (content: Buffer, isNew: boolean) => Buffer | undefined;
  /** Permission bits of the file where it does not exist yet. */
  newFileMode: number;
  /** Where the old content is kept while the file is written in place. */
  backupPath: string;
  /**
   * Writes where this user may not. `assertUnchanged` is to be called last before the write. Without it, or when it is
   * not needed, the system error is thrown.
   */
  elevate?: (write: ElevatedWrite) => Promise<void>;
  clock: Clock;
  signal?: AbortSignal;
}

export interface ElevatedWrite {
  /** The file itself, behind symbolic links. */
  file: string;
  before: Buffer;
  content: Buffer;
  assertUnchanged: () => Promise<void>;
}

/** Some milliseconds each. */
const maxTries = 100;
/** Each of these asks a person. */
const maxElevatedTries = 5;
const denials = new Set(['EACCES', 'EPERM']);

/**
 * Changes a text file that others change too: owner and mode stay, symbolic and hard links stay, other people's changes
 * are never overwritten, and the result is read back. Atomic where the file can be renamed, else in place with a backup.
 * A file that this user may not write is not replaced either, even where the folder would allow it. Throws the system
 * error, what `edit` throws, `NotAFileError`, `TornFileError`, `MachineLockTimeoutError` or `FileKeepsChangingError`.
 */
export async function rewriteFile(options: RewriteOptions): Promise<'changed' | 'unchanged'> {
  await removeLeftovers(options.file);
  const rewrite = new Rewrite(options, await behindLinks(options.file));
  try {
    return await rewrite.run();
  } catch (error) {
    await rewrite.keepLateWrite();
    throw error;
  } finally {
    rewrite.close();
  }
}

/** Removes what a killed run left beside the file, as far as this user may. */
export async function removeLeftovers(file: string): Promise<void> {
  try {
    await removeStaleTemporaries(await behindLinks(file));
  } catch (error) {
    if (!['ENOENT', 'EACCES', 'EPERM', 'EROFS'].includes(systemErrorCode(error) ?? '')) throw error;
  }
}

/** The content, or undefined where there is no such file. Throws `NotAFileError` or the system error. */
export function readIfThere(file: string): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    resolve(readIfThereNow(file));
  });
}

/** What is to be written by somebody who may. */
interface Denied {
  before: Buffer;
  content: Buffer;
}

class Rewrite {
  readonly #options: RewriteOptions;
  /** Behind symbolic links. */
  readonly #file: string;
  readonly #replaced = new ReplacedFiles();
  /** To be taken over by the next try. */
  #late: LateWrite | undefined;
  #written: Buffer | undefined;
  #hasWritten = false;

  constructor(options: RewriteOptions, file: string) {
    this.#options = options;
    this.#file = file;
  }

  async run(): Promise<'changed' | 'unchanged'> {
    const { elevate } = this.#options;
    for (let asked = 0; asked < maxElevatedTries; asked += 1) {
      const outcome = await this.#tryAlone();
      if (typeof outcome === 'string') return outcome;
      if (elevate !== undefined && (await this.#tryElevated(elevate, outcome))) return 'changed';
    }
    throw new FileKeepsChangingError(this.#options.file, maxElevatedTries);
  }

  close(): void {
    this.#replaced.close();
  }

  /** Other labs wait meanwhile, and so no person may be asked here. */
  async #tryAlone(): Promise<'changed' | 'unchanged' | Denied> {
    const release = await this.#lock();
    try {
      for (let tries = 0; tries < maxTries; tries += 1) {
        const outcome = await this.#tryOnce();
        if (outcome !== 'again') return outcome;
      }
    } finally {
      release();
    }
    throw new FileKeepsChangingError(this.#options.file, maxTries);
  }

  async #tryOnce(): Promise<'changed' | 'unchanged' | 'again' | Denied> {
    const { edit, elevate } = this.#options;
    const before = readIfThereNow(this.#file);
    const base = this.#withLateWrite(before);
    const content = edit(base ?? Buffer.alloc(0), base === undefined);
    if (isSame(before, content)) return this.#hasWritten ? 'changed' : 'unchanged';
    try {
      const again = (backup: Buffer): Buffer | undefined => edit(backup, false);
      const change = { ...this.#options, file: this.#file, before, content, edit: again };
      this.#written = await putContent({ ...change, replaced: this.#replaced });
    } catch (error) {
      if (error instanceof ChangedMeanwhile) return 'again';
      const isDenied = denials.has(systemErrorCode(error) ?? '');
      if (elevate === undefined || before === undefined || !isDenied) throw error;
      return { before, content: content ?? Buffer.alloc(0) };
    }
    this.#hasWritten = true;
    this.#late = this.#replaced.takeLateWrite();
    const isDone = this.#late === undefined && isSame(readIfThereNow(this.#file), this.#written);
    return isDone ? 'changed' : 'again';
  }

  /** What somebody has appended to the file that we replaced comes to the end of the one that is there now. */
  #withLateWrite(now: Buffer | undefined): Buffer | undefined {
    if (this.#late === undefined) return now;
    const { before, content } = this.#late;
    const appended = content.subarray(before.length);
    if (content.subarray(0, before.length).equals(before)) return Buffer.concat([now ?? before, appended]);
    if (isSame(now, this.#written)) return content;
    throw new FileKeepsChangingError(this.#file, 2);
  }

  /** After a failure: nothing that another program has written is lost, though it is not in the file. */
  async keepLateWrite(): Promise<void> {
    if (this.#late === undefined) return;
    const { file, backupPath } = this.#options;
    await writeFileAtomically(backupPath, this.#late.content, { mode: 0o600 });
    const why = 'another program wrote it at the same time';
    throw new TornFileError(file, backupPath, `${why}, and what that wrote`);
  }

  async #tryElevated(
    elevate: (write: ElevatedWrite) => Promise<void>,
    { before, content }: Denied,
  ): Promise<boolean> {
    const { edit, backupPath } = this.#options;
    const file = this.#file;
    assertNoBackup({ file, before, content, backupPath }, (backup) => edit(backup, false));
    let release: (() => void) | undefined;
    try {
      await elevate({
        file,
        before,
        content,
        assertUnchanged: async () => {
          release ??= await this.#lock();
          assertUnchanged(file, before);
        },
      });
      this.#hasWritten = true;
      return isSame(readIfThereNow(file), content);
    } catch (error) {
      if (error instanceof ChangedMeanwhile) return false;
      throw error;
    } finally {
      release?.();
    }
  }

  #lock(): Promise<() => void> {
    const { clock, signal } = this.#options;
    return takeMachineLock({ file: this.#file, clock, ...(signal === undefined ? {} : { signal }) });
  }
}

function isSame(one: Buffer | undefined, other: Buffer | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other);
}
