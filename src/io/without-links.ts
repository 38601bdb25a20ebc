import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** An absolute path without symbolic links, also where what it names is not there. */
export async function withoutLinks(folder: string): Promise<string> {
  const parent = dirname(folder);
  if (parent === folder) return folder;
  return realpath(folder).catch(async () => join(await withoutLinks(parent), basename(folder)));
}
