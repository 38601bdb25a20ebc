import { chmod, mkdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../io/clock.ts';
import type { Exec } from '../io/exec.ts';
import { readIfThere, rewriteFile, type ElevatedWrite } from './rewrite-file.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { sudoCreate, sudoRemove, sudoWrite } from './sudo-write.ts';

export interface SystemFileChange {
  exec: Exec;
  /** A file of the system, which everybody may read. Its folder may be missing. */
  file: string;
  /** From the whole old content (undefined: no such file) to the whole new one; called again when the file changed meanwhile. */
  edit: (content: Buffer | undefined) => Buffer;
  /** A folder of ours where the new content can wait and the old one is kept meanwhile. */
  stagingDir: string;
  /** This process may write it. */
  isRoot: boolean;
  clock: Clock;
  signal?: AbortSignal;
}

const fileMode = 0o644;
const folderMode = 0o755;

/** Changes or makes a file of the system, with sudo where that is needed. Throws `SudoWriteError` and what `rewriteFile` throws. */
export async function changeSystemFile(change: SystemFileChange): Promise<void> {
  const { exec, file, edit, stagingDir, isRoot, clock, signal } = change;
  const sudo = { exec, stagingDir, ...(signal === undefined ? {} : { signal }) };
  if (!isRoot && (await readIfThere(file)) === undefined) {
    await sudoCreate({ ...sudo, file, content: edit(undefined) });
    return;
  }
  const made = await mkdir(dirname(file), { recursive: true });
  // Whatever the umask.
  if (made !== undefined) await chmod(dirname(file), folderMode);
  const elevate = ({ file: target, before, content, assertUnchanged }: ElevatedWrite): Promise<void> =>
    sudoWrite({ ...sudo, file: target, before, content, beforeWrite: assertUnchanged });
  await rewriteFile({
    file,
    edit: (content, isNew) => edit(isNew ? undefined : content),
    newFileMode: fileMode,
    backupPath: join(stagingDir, 'system-file.backup'),
    clock,
    ...(signal === undefined ? {} : { signal }),
    ...(isRoot ? {} : { elevate }),
  });
}

export interface SystemFileRemoval extends Pick<SystemFileChange, 'exec' | 'file' | 'isRoot' | 'signal'> {
  /** The file stays, and this throws, where it holds anything else by then. */
  content: Buffer;
  /** Its folder goes too where nothing else is in it. */
  withFolder: boolean;
}

/** Removes a file of the system, with sudo where that is needed. Throws `SudoWriteError` or the system error. */
export async function removeSystemFile(removal: SystemFileRemoval): Promise<void> {
  const { exec, file, content, withFolder, isRoot, signal } = removal;
  const assertUnchanged = async (): Promise<void> => {
    if ((await readIfThere(file))?.equals(content) === true) return;
    throw new Error(`${file} was not removed: another program has changed it meanwhile`);
  };
  await assertUnchanged();
  try {
    await rm(file);
  } catch (error) {
    if (isRoot || !['EACCES', 'EPERM'].includes(systemErrorCode(error) ?? '')) throw error;
    const sudo = { exec, file, ...(signal === undefined ? {} : { signal }) };
    await sudoRemove({ ...sudo, withFolder, beforeRemove: assertUnchanged });
    return;
  }
  // It stays where there is anything in it, and where this user may not: an empty folder does no harm.
  if (withFolder) await rmdir(dirname(file)).catch(() => undefined);
}
