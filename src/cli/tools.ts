import { readFile, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, normalize, sep } from 'node:path';
import { createExecaExec } from '../io/execa-exec.ts';
import { FetchHttp } from '../io/fetch-http.ts';
import { lookUpInProcess } from '../io/look-up-host.ts';
import { systemClock, type Clock } from '../io/clock.ts';
import type { Exec } from '../io/exec.ts';
import type { Http } from '../io/http.ts';
import { SourceError } from '../model/errors.ts';
import type { AssetKind } from '../run/run-context.ts';
import type { ChildRecord } from '../state/child-record.ts';
import { cacheDir, labHome } from '../state/lab-home.ts';
import { packageFolders } from './package-folders.ts';

/** The real things that every command works with. */
export interface Tools {
  /** LAB_HOME. */
  home: string;
  cache: string;
  exec: Exec;
  http: Http;
  clock: Clock;
  /** From now on the commands that are started are written to this record. */
  recordChildren(record: ChildRecord): void;
}

export function createTools(): Tools {
  const surroundings = {
    env: process.env,
    platform: process.platform,
    homeDir: homedir(),
    cwd: process.cwd(),
  };
  let children: ChildRecord | undefined;
  return {
    home: labHome(surroundings),
    cache: cacheDir(surroundings),
    exec: createExecaExec({ onGroup: (pid) => children?.add(pid) ?? (() => undefined) }),
    recordChildren: (record) => {
      children = record;
    },
    // A lookup that outlives a killed lab ends by itself: it is in no record.
    http: new FetchHttp(lookUpInProcess(createExecaExec())),
    clock: systemClock,
  };
}

/** Reads a file that comes with lab or with the scenario at `scenarioFile`. No path and no link leads out of its folder. */
export function assetReader(scenarioFile: string): (kind: AssetKind, path: string) => Promise<string> {
  const folders: Record<AssetKind, string> = {
    'cloud-config': packageFolders.cloudConfigDir,
    vagrant: packageFolders.vagrantDir,
    scenario: join(scenarioFile, '..', 'files'),
  };
  return async (kind, path) => {
    const folder = folders[kind];
    const file = normalize(join(folder, path));
    if (!file.startsWith(folder + sep)) throw outside(path, folder);
    // The folder itself must be no link either; where it stands may well be one.
    const place = join(await realpath(dirname(folder)), basename(folder));
    if (!(await realpath(file)).startsWith(place + sep)) throw outside(path, folder);
    return readFile(file, 'utf8');
  };
}

function outside(path: string, folder: string): SourceError {
  return new SourceError('LAB_SCENARIO_INVALID', `${path} lies outside ${folder}.`, []);
}
