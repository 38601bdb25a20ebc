import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listFiles as listFilesOnDisk } from './list-files.ts';
import type { ScenarioFolders } from './scenario-folders.ts';

/** Files that a scenario may refer to; references to a kind that is left out are not checked. */
export interface KnownFiles {
  /** Paths below the `files/` folder beside the scenario. */
  files?: ReadonlySet<string>;
  /** Paths below `cloud-config/`. */
  cloudConfigs?: ReadonlySet<string>;
  /** Folders under `vagrant/` that have a Vagrantfile. */
  projects?: ReadonlySet<string>;
}

/** The files that the scenario in `file` may refer to. */
export async function findKnownFiles(file: string, folders: ScenarioFolders): Promise<KnownFiles> {
  const { listFiles = listFilesOnDisk, cloudConfigDir, vagrantDir } = folders;
  const [files, cloudConfigs, ofVagrant] = await Promise.all([
    isLink(join(dirname(file), 'files')).then((link) =>
      link ? [] : listFiles(join(dirname(file), 'files')),
    ),
    cloudConfigDir === undefined ? undefined : listFiles(cloudConfigDir),
    vagrantDir === undefined ? undefined : listFiles(vagrantDir),
  ]);
  const projects = ofVagrant?.flatMap((path) => /^([^/]+)\/Vagrantfile$/.exec(path)?.[1] ?? []);
  return {
    files: new Set(files),
    ...(cloudConfigs === undefined ? {} : { cloudConfigs: new Set(cloudConfigs) }),
    ...(projects === undefined ? {} : { projects: new Set(projects) }),
  };
}

/** A scenario of a stranger could make any file of this user one of its own by a link. */
async function isLink(folder: string): Promise<boolean> {
  return (await lstat(folder).catch(() => undefined))?.isSymbolicLink() === true;
}
