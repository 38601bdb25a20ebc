import { copyFile, open, readFile, realpath, rm, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { removeStaleTemporaries, writeFileAtomically } from '../io/files.ts';
import { systemErrorCode } from '../io/system-error.ts';

/** Another program kept changing the file while we tried to. Nothing of ours is in it. */
export class FileKeepsChangingError extends Error {
  constructor(file: string) {
    super(`${file} was changed by another program each of ${String(maxTries)} times`);
    this.name = 'FileKeepsChangingError';
  }
}

/** Somebody changed the file between our reading and our writing: start over. */
class ChangedMeanwhile extends Error {}

export interface RewriteOptions {
  file: string;
  /** From the whole old content to the whole new one; called again when the file changed meanwhile. */
  edit: (content: Buffer, isNew: boolean) => Buffer;
  /** Permission bits of the file where it does not exist yet. */
  newFileMode: number;
  /** Where the old content is kept while the file is written in place. */
  backupPath: string;
  /**
   * Writes where this user may not. `assertUnchanged` is to be called last before the write. Without it, or when it is
   * not needed, the system error is thrown.
   */
  elevate?: (write: ElevatedWrite) => Promise<void>;
}

export interface ElevatedWrite {
  /** The file itself, behind symbolic links. */
  file: string;
  before: Buffer;
  content: Buffer;
  assertUnchanged: () => Promise<void>;
}

const maxTries = 5;
/** The folder is not ours, the file is a mount point (as /etc/hosts is in a container), or the owner could not be kept. */
const renameRefusals = new Set(['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'EXDEV']);
const denials = new Set(['EACCES', 'EPERM']);

/**
 * Changes a text file that others change too: owner and mode stay, symbolic and hard links stay, other people's changes
 * are never overwritten, and the result is read back. Atomic where the file can be renamed, else in place with a backup.
 * Throws the system error, what `edit` throws, or `FileKeepsChangingError`.
 */
export async function rewriteFile(options: RewriteOptions): Promise<'changed' | 'unchanged'> {
  await removeLeftovers(options.file);
  let written = false;
  for (let attempt = 0; attempt < maxTries; attempt += 1) {
    const before = await readIfThere(options.file);
    const content = options.edit(before ?? Buffer.alloc(0), before === undefined);
    if (before?.equals(content) === true) return written ? 'changed' : 'unchanged';
    try {
      await write(options, before, content);
    } catch (error) {
      if (error instanceof ChangedMeanwhile) continue;
      throw error;
    }
    written = true;
    if ((await readIfThere(options.file))?.equals(content) === true) return 'changed';
  }
  throw new FileKeepsChangingError(options.file);
}

/** Removes what a killed run left beside the file, as far as this user may. */
export async function removeLeftovers(file: string): Promise<void> {
  const target = (await readIfThere(file)) === undefined ? file : await realpath(file);
  try {
    await removeStaleTemporaries(target);
  } catch (error) {
    if (!['ENOENT', 'EACCES', 'EPERM', 'EROFS'].includes(systemErrorCode(error) ?? '')) throw error;
  }
}

/** The content, or undefined where there is no such file. */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function write(options: RewriteOptions, before: Buffer | undefined, content: Buffer): Promise<void> {
  const file = before === undefined ? options.file : await realpath(options.file);
  const assertUnchanged = async (): Promise<void> => {
    const now = await readIfThere(file);
    if (before === undefined ? now !== undefined : now?.equals(before) !== true) throw new ChangedMeanwhile();
  };
  if (before === undefined) {
    await writeFileAtomically(file, content, { mode: options.newFileMode, beforeRename: assertUnchanged });
    return;
  }
  const status = await stat(file);
  if (await renameInto(file, content, status, assertUnchanged)) return;
  try {
    await writeInPlace(file, before, content, options.backupPath, assertUnchanged);
  } catch (error) {
    if (options.elevate === undefined || !denials.has(systemErrorCode(error) ?? '')) throw error;
    await options.elevate({ file, before, content, assertUnchanged });
  }
}

/** False: it cannot be done by renaming; nothing has happened. */
async function renameInto(
  file: string,
  content: Buffer,
  status: Stats,
  beforeRename: () => Promise<void>,
): Promise<boolean> {
  // A rename would part a hard-linked file from its other names.
  if (status.nlink > 1) return false;
  const { uid, gid } = status;
  try {
    await writeFileAtomically(file, content, {
      mode: status.mode & 0o7777,
      owner: { uid, gid },
      beforeRename,
    });
    return true;
  } catch (error) {
    if (renameRefusals.has(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}

async function writeInPlace(
  file: string,
  before: Buffer,
  content: Buffer,
  backupPath: string,
  assertUnchanged: () => Promise<void>,
): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await copyFile(file, backupPath);
    await assertUnchanged();
    try {
      await fill(handle, content);
    } catch (error) {
      await fill(handle, before);
      throw error;
    }
  } finally {
    await handle.close();
  }
  await rm(backupPath, { force: true });
}

/** New bytes first and the cut last: the file is at no time shorter than it has to be. */
async function fill(handle: Awaited<ReturnType<typeof open>>, content: Buffer): Promise<void> {
  for (let written = 0; written < content.length;) {
    written += (await handle.write(content, written, content.length - written, written)).bytesWritten;
  }
  await handle.truncate(content.length);
  await handle.sync();
}
