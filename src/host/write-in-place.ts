import { fstatSync, fsyncSync, ftruncateSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { writeFileAtomically } from '../io/files.ts';
import { readIfThereNow } from './regular-file.ts';

export interface InPlaceWrite {
  file: string;
  /** The file, open for writing. */
  fd: number;
  before: Buffer;
  content: Buffer;
  /** Where `before` is kept meanwhile. */
  backupPath: string;
  /** Throws where the file is not as it was; called last before the write. */
  assertUnchanged: () => void;
}

/** A write into the file was broken off. Something of its content is in the backup only. */
export class TornFileError extends Error {
  /** `why`: a sentence that goes on with where the backup is. */
  constructor(file: string, backup: string, why: string) {
    super(`${file} is to be looked at: ${why} is in ${backup}`);
    this.name = 'TornFileError';
  }
}

/**
 * A backup is there only while its file is written, or after that was broken off: by then the one copy of the old content
 * that is left may be the backup, and another write must not take its place. It is of no use when the file is as it was,
 * or when the same change comes of both. Throws `TornFileError`.
 */
export function assertNoBackup(
  { file, before, content, backupPath }: Pick<InPlaceWrite, 'file' | 'before' | 'content' | 'backupPath'>,
  edit: (content: Buffer) => Buffer | undefined,
): void {
  const backup = readIfThereNow(backupPath);
  if (backup === undefined || backup.equals(before) || leadsTo(content, () => edit(backup))) return;
  throw new TornFileError(
    file,
    backupPath,
    'a run was killed while it wrote it, and what it had in it before',
  );
}

function leadsTo(content: Buffer, edit: () => Buffer | undefined): boolean {
  try {
    return edit()?.equals(content) === true;
  } catch {
    return false;
  }
}

/** Writes into the file that is there: its links and mounts stay. On a full disk the old content comes back. */
export async function writeInPlace(write: InPlaceWrite): Promise<void> {
  const { before, backupPath, assertUnchanged } = write;
  await writeFileAtomically(backupPath, before, { mode: 0o600 });
  try {
    assertUnchanged();
    fillOrRestore(write);
  } catch (error) {
    if (!(error instanceof TornFileError)) await rm(backupPath, { force: true });
    throw error;
  }
  await rm(backupPath, { force: true });
}

function fillOrRestore({ file, fd, before, content, backupPath }: InPlaceWrite): void {
  try {
    fill(fd, content);
  } catch (error) {
    try {
      fill(fd, before);
    } catch {
      throw new TornFileError(file, backupPath, `${(error as Error).message}, and what it had in it before`);
    }
    throw error;
  }
}

/** New bytes first and the cut last: the file is at no time shorter than it has to be. At once, so that little comes between. */
function fill(fd: number, content: Buffer): void {
  for (let written = 0; written < content.length;) {
    written += writeSync(fd, content, written, content.length - written, written);
  }
  if (fstatSync(fd).size > content.length) ftruncateSync(fd, content.length);
  fsyncSync(fd);
}
