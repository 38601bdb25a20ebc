import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../io/clock.ts';
import { sizeOf } from '../io/folder-size.ts';
import type { FoundLeftover } from '../model/leftover.ts';
import { abandonedBoxFolders, addMs } from './vagrant-box-add.ts';

export interface BoxFolderQuestion {
  /** VAGRANT_HOME. */
  vagrantHome: string;
  /** The system's temporary folder. */
  temporaryDir: string;
  clock: Clock;
}

/** Folders that killed runs used to add boxes. */
export async function findBoxLeftovers({
  vagrantHome,
  temporaryDir,
  clock,
}: BoxFolderQuestion): Promise<FoundLeftover[]> {
  const halves = await abandonedBoxFolders(join(vagrantHome, 'tmp'));
  const ours = await oldMetadataFolders(temporaryDir, clock);
  return Promise.all([
    ...halves.map((path) => describe(path, 'half a box', 'the Vagrant that was adding it has ended')),
    ...ours.map((path) => describe(path, 'metadata of a box', 'no run takes so long to add one')),
  ]);
}

async function oldMetadataFolders(temporaryDir: string, clock: Clock): Promise<string[]> {
  const names = await readdir(temporaryDir).catch(() => []);
  const paths = names.filter((name) => /^lab-box-\w{6}$/.test(name)).map((name) => join(temporaryDir, name));
  const old = await Promise.all(
    paths.map(async (path) => {
      const status = await lstat(path).catch(() => undefined);
      const isOurs = status?.isDirectory() === true && status.uid === process.getuid?.();
      return isOurs && clock.now() - status.mtimeMs > addMs ? [path] : [];
    }),
  );
  return old.flat();
}

async function describe(path: string, what: string, why: string): Promise<FoundLeftover> {
  return {
    leftover: { standing: 'left', what, where: path, why, bytes: await sizeOf(path) },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
