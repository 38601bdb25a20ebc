import { listFiles as listFilesOnDisk } from './list-files.ts';

/** Where scenarios are, and how files are read. */
export interface ScenarioFolders {
  /** Folder of the packaged scenarios. */
  scenariosDir: string;
  /** With it, `userData` of a machine group must name a file in it. */
  cloudConfigDir?: string;
  /** With it, `project` of a machine group must name a folder in it. */
  vagrantDir?: string;
  /** Text of a file; rejects as node:fs does. */
  readFile?: (path: string) => Promise<string>;
  /** Paths of the files below a folder, `/` between their parts; none for a folder that is not there. */
  listFiles?: (folder: string) => Promise<string[]>;
}

/** Names of the packaged scenarios, in order. */
export async function scenarioNames({
  scenariosDir,
  listFiles = listFilesOnDisk,
}: ScenarioFolders): Promise<string[]> {
  const files = await listFiles(scenariosDir);
  return files
    .filter((file) => /^[^/]+\.yaml$/.test(file))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}
