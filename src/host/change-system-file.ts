import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Exec } from '../io/exec.ts';
import { readIfThere, rewriteFile, type ElevatedWrite } from './rewrite-file.ts';
import { sudoCreate, sudoWrite } from './sudo-write.ts';

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
  signal?: AbortSignal;
}

const fileMode = 0o644;
const folderMode = 0o755;

/** Changes or makes a file of the system, with sudo where that is needed. Throws `SudoWriteError` and what `rewriteFile` throws. */
export async function changeSystemFile(change: SystemFileChange): Promise<void> {
  const { exec, file, edit, stagingDir, isRoot, signal } = change;
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
    ...(isRoot ? {} : { elevate }),
  });
}
