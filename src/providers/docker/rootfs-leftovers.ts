import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../io/clock.ts';
import type { FoundLeftover } from '../../model/leftover.ts';
import { buildMs } from './rootfs.ts';

/**
 * Folders that a killed mmdebstrap has left. Only shown: they may be another program's, and are in part another user's.
 */
export async function findRootfsLeftovers(temporaryDir: string, clock: Clock): Promise<FoundLeftover[]> {
  const names = await readdir(temporaryDir).catch(() => []);
  const folders = names.filter((name) => /^mmdebstrap\.\w{10}$/.test(name));
  const found = folders.map(async (name): Promise<FoundLeftover[]> => {
    const where = join(temporaryDir, name);
    const status = await lstat(where).catch(() => undefined);
    if (status?.isDirectory() !== true || clock.now() - status.mtimeMs < buildMs) return [];
    return [
      {
        leftover: {
          standing: 'uncertain',
          what: 'folder of mmdebstrap',
          where,
          why: 'the build of a root file system takes no such time',
          since: status.mtime.toISOString(),
          advice: `\`sudo rm -r --one-file-system ${where}\` where no mmdebstrap runs`,
        },
      },
    ];
  });
  return (await Promise.all(found)).flat();
}
