import { constants } from 'node:fs';
import { access, copyFile, link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { removeStaleTemporaries, temporaryName, writeFileAtomically } from '../io/files.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError } from '../model/errors.ts';
import { digestOf } from './digest.ts';
import { formatSums, parseSums, readSums, sumsFile } from './sha256sums.ts';
import type { Sha256Sums } from './sha256sums.ts';

/** Where hard links cannot be made: another disk, a file system without them, too many already. */
const noLink = ['EXDEV', 'EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** A folder that is filled for LAB_MIRROR. Its list, SHA256SUMS, is written by `writeSums`. */
export class MirrorFolder {
  readonly path: string;
  readonly #sums: Sha256Sums;
  readonly #own = new Map<string, string>();
  readonly #say: (text: string) => void;

  private constructor(folder: string, sums: Sha256Sums, say: (text: string) => void) {
    this.path = folder;
    this.#sums = sums;
    this.#say = say;
  }

  /**
   * Makes the folder where it is not there. `say` is told what is set aside. Throws LAB_ARTIFACT_CHECKSUM for a
   * damaged list, LAB_STATE_UNWRITABLE.
   */
  static async open(folder: string, say: (text: string) => void): Promise<MirrorFolder> {
    try {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.W_OK);
    } catch (cause) {
      throw new EnvironmentError('LAB_STATE_UNWRITABLE', `${folder} cannot be written to.`, {
        hint: 'Name a folder that you may write to.',
        cause,
      });
    }
    return new MirrorFolder(folder, await readSums(folder), say);
  }

  /** Whether the file is there and, where the list has it, whole. One that is not is set aside. */
  async has(listedAs: string, signal?: AbortSignal): Promise<boolean> {
    const found = await digestOf(this.#at(listedAs), signal);
    if (found === undefined) return false;
    const listed = this.#sums[listedAs];
    if (listed === undefined || listed === found.sha256) return true;
    await this.#setAside(listedAs);
    return false;
  }

  /** Puts a file there, as a hard link where that can be, unless the same is there. Another one is set aside. */
  async put(listedAs: string, source: string, sha256: string, signal?: AbortSignal): Promise<void> {
    await this.#fill(listedAs, sha256, signal, async (temporary) => {
      try {
        await link(source, temporary);
      } catch (error) {
        if (!noLink.includes(systemErrorCode(error) ?? '')) throw error;
        await copyFile(source, temporary, constants.COPYFILE_EXCL);
      }
    });
  }

  /** Puts a small file there. What is there is replaced: metadata changes. */
  async putText(listedAs: string, text: string, sha256: string): Promise<void> {
    await this.#fill(listedAs, sha256, undefined, (temporary) => writeFile(temporary, text), true);
  }

  /** Lists all files that were put there, now and before, and are there still. Returns their number. */
  async writeSums(): Promise<number> {
    // Another `lab prefetch` may have written it since.
    const all = { ...(await readSums(this.path)), ...Object.fromEntries(this.#own) };
    const present = await Promise.all(
      Object.entries(all).map(async (entry) => ((await exists(this.#at(entry[0]))) ? [entry] : [])),
    );
    const text = formatSums(Object.fromEntries(present.flat()));
    const file = path.join(this.path, sumsFile);
    await writeFileAtomically(file, text, { mode: 0o644 });
    return Object.keys(parseSums(text, file)).length;
  }

  async #fill(
    listedAs: string,
    sha256: string,
    signal: AbortSignal | undefined,
    write: (temporary: string) => Promise<void>,
    replaces = false,
  ): Promise<void> {
    const target = this.#at(listedAs);
    await this.#makeFolder(target);
    const found = await digestOf(target, signal);
    if (found?.sha256 !== sha256) {
      if (found !== undefined && !replaces) await this.#setAside(listedAs);
      await removeStaleTemporaries(target);
      const temporary = temporaryName(target);
      try {
        await write(temporary);
        await rename(temporary, target);
      } finally {
        await rm(temporary, { force: true });
      }
    }
    this.#own.set(listedAs, sha256);
  }

  async #makeFolder(target: string): Promise<void> {
    try {
      await mkdir(path.dirname(target), { recursive: true });
    } catch (cause) {
      if (!['EEXIST', 'ENOTDIR'].includes(systemErrorCode(cause) ?? '')) throw cause;
      throw new EnvironmentError('LAB_STATE_UNWRITABLE', `${target}: a file is where its folder has to be.`, {
        hint: 'Use another folder with --to.',
        cause,
      });
    }
  }

  async #setAside(listedAs: string): Promise<void> {
    const file = this.#at(listedAs);
    await rename(file, `${file}.rejected`);
    this.#say(`${file} is not the expected file; it is now ${file}.rejected`);
  }

  #at(listedAs: string): string {
    return path.join(this.path, listedAs);
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
