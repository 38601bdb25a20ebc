import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError, UsageError } from '../model/errors.ts';

/**
 * Makes a folder with these files (path below it to text): all of them, or none. The folder around it must be there. One of its
 * name that is empty is filled; anything else stays as it is. Throws LAB_USAGE, LAB_FOLDER_TAKEN or LAB_STATE_UNWRITABLE.
 */
export async function writeNewFolder(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  const parent = dirname(folder);
  const temporary = join(parent, `.${basename(folder)}-${randomBytes(6).toString('hex')}`);
  await mkdir(temporary).catch((error: unknown) => {
    throw explainParent(error, parent);
  });
  try {
    for (const [path, text] of files) {
      const target = join(temporary, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, text);
    }
    // Takes the place of an empty folder, and of nothing else.
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw explain(error, folder);
  }
}

function explainParent(error: unknown, parent: string): unknown {
  const code = systemErrorCode(error);
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return explain(error, parent);
  const hint = 'Make it first, or name another folder with --dir.';
  return new UsageError(
    'LAB_USAGE',
    code === 'ENOENT' ? `There is no folder ${parent}.` : `"${parent}" is no folder.`,
    { hint },
  );
}

function explain(error: unknown, folder: string): unknown {
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EBUSY'].includes(code)) {
    const what =
      code === 'ENOTDIR'
        ? `There is a file ${folder} already.`
        : `The folder ${folder} is there already, and not empty.`;
    return new UsageError('LAB_FOLDER_TAKEN', what);
  }
  const message = `${folder} cannot be written: ${(error as Error).message}.`;
  const hint = 'Free space, or name another folder with --dir.';
  return new EnvironmentError('LAB_STATE_UNWRITABLE', message, { hint, cause: error });
}
