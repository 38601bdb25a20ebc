import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrivateDirectory } from '../io/files.ts';
import { labHostsFile } from '../run/host-set-up.ts';
import type { Tools } from './tools.ts';

export interface BlockToRemove {
  file: string;
  lab: string;
  /** Asks before sudo is used. */
  confirm: (question: string) => Promise<boolean>;
  tools: Tools;
  signal: AbortSignal;
}

/** In LAB_HOME; there only while something is removed. */
export function stagingFolder(home: string): string {
  return join(home, 'leftovers');
}

/** Takes the block of a lab without a folder out of a hosts file. Throws LAB_HOSTS_DAMAGED, LAB_HOSTS_UNWRITABLE. */
export async function removeHostsBlock({ file, lab, confirm, tools, signal }: BlockToRemove): Promise<void> {
  const { home, exec, clock } = tools;
  const stagingDir = stagingFolder(home);
  await createPrivateDirectory(stagingDir);
  try {
    await labHostsFile(file, { home, lab, exec, clock, confirm, signal }, { stagingDir }).remove();
  } finally {
    // It stays where the file could not be put right and its old content is in there.
    await rmdir(stagingDir).catch(() => undefined);
  }
}
