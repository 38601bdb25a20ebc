import { constants, closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { readlink, realpath } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { systemErrorCode } from '../io/system-error.ts';

/** There is something that is no file: a folder, a named pipe, a socket, a device. It was not read. */
export class NotAFileError extends Error {
  constructor(path: string) {
    super(`${path} is not a file`);
    this.name = 'NotAFileError';
  }
}

/** As many symbolic links as Linux follows; see path_resolution(7). */
const maxLinks = 40;
/** Windows has no such flag, and no named pipes among its files. */
const nonBlocking = process.platform === 'win32' ? 0 : constants.O_NONBLOCK;

/**
 * Opens a file; a named pipe, which nobody may ever write into, does not keep us waiting. Undefined: there is none. Throws
 * `NotAFileError` or the system error.
 */
export function openIfThere(path: string, access: 'read' | 'write'): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, (access === 'read' ? constants.O_RDONLY : constants.O_RDWR) | nonBlocking);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return undefined;
    // What open(2) says of a socket, of a folder, and of a device without a driver.
    if (code === 'ENXIO' || code === 'EISDIR' || code === 'ENODEV') throw new NotAFileError(path);
    throw error;
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new NotAFileError(path);
}

/** The content, or undefined where there is no such file. Throws as `openIfThere` does. At once, so that nothing comes between. */
export function readIfThereNow(path: string): Buffer | undefined {
  const fd = openIfThere(path, 'read');
  if (fd === undefined) return undefined;
  try {
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** All of an open file, wherever it is read at the moment. */
export function readWhole(fd: number): Buffer {
  const content = Buffer.alloc(fstatSync(fd).size);
  let length = 0;
  for (let count = -1; count !== 0 && length < content.length; length += count) {
    count = readSync(fd, content, length, content.length - length, length);
  }
  return content.subarray(0, length);
}

/** Where a path leads behind its symbolic links, also when there is nothing (yet). */
export async function behindLinks(path: string): Promise<string> {
  let place = resolve(path);
  for (let followed = 0; followed < maxLinks; followed += 1) {
    try {
      return await realpath(place);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
    }
    const folder = await realpath(dirname(place)).catch(() => dirname(place));
    const target = await readlink(place).catch(() => undefined);
    if (target === undefined) return resolve(folder, basename(place));
    place = resolve(folder, target);
  }
  return place;
}
