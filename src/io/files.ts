import { randomBytes } from 'node:crypto';
import { renameSync } from 'node:fs';
import { chmod, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isRunning } from './process-table.ts';
import { systemErrorCode } from './system-error.ts';

export interface AtomicWriteOptions {
  /** Permission bits of the file, whatever the umask. */
  mode: number;
  /** Owner to give the file; this process's own without it. */
  owner?: { uid: number; gid: number };
  /** Runs right before the new content, which is on disk under another name, is renamed; the old file stays when it throws. */
  beforeRename?: () => void | Promise<void>;
}

/** A name beside `path` for its next content. It carries our process id so that what a killed run left can be told apart. */
export function temporaryName(path: string): string {
  const unique = `${String(process.pid)}-${randomBytes(4).toString('hex')}`;
  return join(dirname(path), `.${basename(path)}.lab-${unique}.tmp`);
}

/** What killed runs left beside `path`: temporary files whose process is gone. */
export async function staleTemporaries(path: string): Promise<string[]> {
  const prefix = `.${basename(path)}.lab-`;
  return (await staleTemporariesIn(dirname(path))).filter((file) => {
    const name = basename(file);
    return name.startsWith(prefix) && /^\d+-[0-9a-f]{8}\.tmp$/.test(name.slice(prefix.length));
  });
}

/** The same of all files in a folder. */
export async function staleTemporariesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => {
    const pid = /^\..+\.lab-(\d+)-[0-9a-f]{8}\.tmp$/.exec(name)?.[1];
    return pid !== undefined && !isRunning(Number(pid));
  });
  return names.map((name) => join(folder, name));
}

/** Removes what killed runs left beside `path`. */
export async function removeStaleTemporaries(path: string): Promise<void> {
  for (const file of await staleTemporaries(path)) await rm(file, { force: true });
}

/**
 * Replaces a file so that a reader, a crash or a full disk sees the old content or the new, never a part:
 * written beside it, synced, renamed, folder synced. The folder must exist; a symbolic link at `path` is replaced.
 * Throws the system error (`ENOSPC`, `EACCES`, `EROFS`, ...); the old file is then untouched.
 *
 * Our own because write-file-atomic 7.0.1 ignores short writes: on a full disk it renames a truncated file into place.
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  options: AtomicWriteOptions,
): Promise<void> {
  await removeStaleTemporaries(path);
  const temporary = temporaryName(path);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await fill(handle, content, options);
    } finally {
      await handle.close();
    }
    // One right after the other: what others write in between would be lost.
    await options.beforeRename?.();
    renameSync(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

async function fill(
  handle: FileHandle,
  content: string | Uint8Array,
  options: AtomicWriteOptions,
): Promise<void> {
  await handle.writeFile(content);
  if (options.owner !== undefined) await chownIfOther(handle, options.owner);
  await handle.chmod(options.mode);
  await handle.sync();
}

async function chownIfOther(handle: FileHandle, owner: { uid: number; gid: number }): Promise<void> {
  const own = await handle.stat();
  if (own.uid !== owner.uid || own.gid !== owner.gid) await handle.chown(owner.uid, owner.gid);
}

/** Makes the entries of a folder durable. Not every system can (Windows cannot open a folder); that is no error. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes a folder, and those above it that are missing, readable by their owner only, whatever the umask.
 * Folders that exist keep their mode: they may be shared with others. Returns the folders it made, outermost first.
 */
export async function createPrivateDirectory(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = resolve(path); !(await isDirectory(folder)); folder = dirname(folder)) {
    missing.unshift(folder);
  }
  for (const folder of missing) {
    try {
      await mkdir(folder, 0o700);
    } catch (error) {
      // Another `lab` may have made it since we looked.
      if (systemErrorCode(error) === 'EEXIST' && (await isDirectory(folder))) continue;
      throw error;
    }
    await chmod(folder, 0o700);
  }
  return missing;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
