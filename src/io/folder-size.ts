import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What a file, or a folder with all below it, holds in bytes. What cannot be looked at counts as nothing. */
export async function sizeOf(path: string): Promise<number> {
  const status = await lstat(path).catch(() => undefined);
  if (status?.isDirectory() !== true) return status?.size ?? 0;
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(names.map((name) => sizeOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}
