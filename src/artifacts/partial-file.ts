import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isRunning } from '../io/process-table.ts';
import { systemErrorCode } from '../io/system-error.ts';

/** Where the bytes of a partial download came from; another origin's bytes are not appended to them. */
export interface PartialOrigin {
  url: string;
  /** ETag or Last-Modified, for If-Range. */
  validator?: string;
}

/**
 * A download that is not complete: a folder beside the file's place with the bytes and their origin. While a process
 * works on it the folder carries the process's id, so that two never write to one; a folder whose process is gone, or
 * that was put down, is taken up by the next. Taking and putting down are renames, which are atomic.
 */
export class PartialFile {
  readonly #directory: string;
  readonly #restingPlace: string;

  private constructor(directory: string, restingPlace: string) {
    this.#directory = directory;
    this.#restingPlace = restingPlace;
  }

  /** Takes up what there is of the file at `target`, or starts an empty one. The folder of `target` must exist. */
  static async take(target: string): Promise<PartialFile> {
    const restingPlace = `${target}.part`;
    const own = `${restingPlace}-${String(process.pid)}-${randomBytes(4).toString('hex')}`;
    for (const candidate of await abandoned(restingPlace)) {
      if (await moved(candidate, own)) return new PartialFile(own, restingPlace);
    }
    await mkdir(own);
    return new PartialFile(own, restingPlace);
  }

  /** Where the bytes are. */
  get path(): string {
    return path.join(this.#directory, 'data');
  }

  async size(): Promise<number> {
    try {
      return (await stat(this.path)).size;
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return 0;
      throw error;
    }
  }

  async origin(): Promise<PartialOrigin | undefined> {
    try {
      return JSON.parse(await readFile(path.join(this.#directory, 'origin.json'), 'utf8')) as PartialOrigin;
    } catch {
      // Not there, or cut off by a crash: the bytes are then of unknown origin.
      return undefined;
    }
  }

  /** Drops the bytes and notes where the next ones come from. */
  async restart(origin: PartialOrigin): Promise<void> {
    await writeFile(this.path, '');
    await writeFile(path.join(this.#directory, 'origin.json'), JSON.stringify(origin));
  }

  /** Takes a copy of a file in place of what there is. Throws an Error that says so where it is not there. */
  async copy(source: string): Promise<void> {
    await this.restart({ url: source });
    try {
      await copyFile(source, this.path);
    } catch (error) {
      await this.restart({ url: source });
      throw systemErrorCode(error) === 'ENOENT' ? new Error('it is not there', { cause: error }) : error;
    }
  }

  /** Moves the complete file to `place`, atomically. */
  async finish(place: string): Promise<void> {
    await rename(this.path, place);
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Leaves the bytes for the next who takes the file up; without bytes nothing is left. Does nothing after `finish`. */
  async putDown(): Promise<void> {
    if ((await this.size()) > 0 && (await moved(this.#directory, this.#restingPlace))) return;
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function abandoned(restingPlace: string): Promise<string[]> {
  const prefix = `${path.basename(restingPlace)}-`;
  const names = await readdir(path.dirname(restingPlace));
  const left = names.filter((name) => {
    const pid = name.startsWith(prefix)
      ? /^(\d+)-[0-9a-f]{8}$/.exec(name.slice(prefix.length))?.[1]
      : undefined;
    return pid !== undefined && !isRunning(Number(pid));
  });
  return [restingPlace, ...left.map((name) => path.join(path.dirname(restingPlace), name))];
}

/** False: it is not there (any more), or something else is at the other place. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}
