import { readFile } from 'node:fs/promises';
import { systemErrorCode } from './system-error.ts';

/** The text of a file; undefined where there is none. Rejects as node:fs does where it cannot be read. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
