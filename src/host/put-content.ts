import { closeSync, fstatSync, statSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectory, writeFileAtomically } from '../io/files.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { openIfThere, readIfThereNow } from './regular-file.ts';
import type { ReplacedFiles } from './replaced-files.ts';
import { assertNoBackup, writeInPlace } from './write-in-place.ts';

/** Somebody changed the file between our reading and our writing: start over. */
export class ChangedMeanwhile extends Error {}

export interface ContentChange {
  /** Behind symbolic links. */
  file: string;
  /** Undefined: there is no file, and none is to be there. */
  before: Buffer | undefined;
  content: Buffer | undefined;
  /** How `content` is made. */
  edit: (before: Buffer) => Buffer | undefined;
  newFileMode: number;
  backupPath: string;
  /** Gets the file whose place the new one has taken. */
  replaced: ReplacedFiles;
}

/** The folder is not ours, the file is a mount point (as /etc/hosts is in a container), or the owner could not be kept. */
const renameRefusals = new Set(['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'EXDEV']);

/**
 * Puts `content` in the place of `before`, owner and mode stay. Returns what is in the file then: it is emptied where it
 * may not be removed. Throws `ChangedMeanwhile`, `TornFileError`, `NotAFileError` or the system error.
 */
export async function putContent(change: ContentChange): Promise<Buffer | undefined> {
  const { file, before, content = Buffer.alloc(0), newFileMode, replaced } = change;
  if (before === undefined) {
    const beforeRename = (): void => {
      assertUnchanged(file, before);
    };
    await writeFileAtomically(file, content, { mode: newFileMode, beforeRename });
    return content;
  }
  // Whether this user may write the file: to replace it the right to write its folder would do.
  const fd = openIfThere(file, 'write');
  if (fd === undefined) throw new ChangedMeanwhile();
  let isHeld = false;
  try {
    if (await replaceFile(change, fd)) {
      replaced.hold(fd, before);
      isHeld = true;
      return change.content;
    }
    assertNoBackup({ ...change, before, content }, change.edit);
    const unchanged = (): void => {
      assertUnchanged(file, before, fd);
    };
    await writeInPlace({ ...change, fd, before, content, assertUnchanged: unchanged });
    return content;
  } finally {
    if (!isHeld) closeSync(fd);
  }
}

/** Throws `ChangedMeanwhile`. `fd`: the file that is expected in the place. At once, so that little comes between it and the write. */
export function assertUnchanged(file: string, before: Buffer | undefined, fd?: number): void {
  const now = readIfThereNow(file);
  const isSame = before === undefined ? now === undefined : now?.equals(before) === true;
  if (!isSame) throw new ChangedMeanwhile();
  if (fd !== undefined && statSync(file).ino !== fstatSync(fd).ino) throw new ChangedMeanwhile();
}

/** False: it cannot be done by renaming or removing, and nothing has happened. */
async function replaceFile({ file, before, content }: ContentChange, fd: number): Promise<boolean> {
  const { uid, gid, mode, nlink } = fstatSync(fd);
  // A rename would part a hard-linked file from its other names.
  if (nlink > 1) return false;
  const beforeRename = (): void => {
    assertUnchanged(file, before, fd);
  };
  try {
    if (content === undefined) {
      beforeRename();
      unlinkSync(file);
      await syncDirectory(dirname(file));
    } else {
      await writeFileAtomically(file, content, { mode: mode & 0o7777, owner: { uid, gid }, beforeRename });
    }
    return true;
  } catch (error) {
    if (renameRefusals.has(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}
