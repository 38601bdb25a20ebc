import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sizeOf } from '../io/folder-size.ts';
import { staleTemporariesIn } from '../io/files.ts';
import { isRunning } from '../io/process-table.ts';
import type { FoundLeftover, LeftoverStanding } from '../model/leftover.ts';

/**
 * In the cache: downloads that were broken off (`shared`: the next one goes on with them), files with a wrong checksum,
 * and what killed runs were writing.
 */
export async function findDownloadLeftovers(cache: string): Promise<FoundLeftover[]> {
  const folders = await foldersIn(cache);
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(folder).catch(() => []);
      const temporaries = await staleTemporariesIn(folder).catch(() => []);
      const judged = names.flatMap((name) => judge(join(folder, name)) ?? []);
      const killed = temporaries.map((path) => ({ path, ...ofKilledRun }));
      return Promise.all([...judged, ...killed].map(describe));
    }),
  );
  return found.flat();
}

interface Judged {
  path: string;
  standing: LeftoverStanding;
  what: string;
  why: string;
}

const ofKilledRun = {
  standing: 'left',
  what: 'temporary file',
  why: 'the run that was writing it was killed',
} as const;

function judge(path: string): Judged | undefined {
  const name = basename(path);
  if (name.endsWith('.rejected')) {
    return { path, standing: 'left', what: 'rejected download', why: 'its checksum was wrong' };
  }
  const part = /\.part(?:-(\d+)-[0-9a-f]{8})?$/.exec(name);
  if (part === null || (part[1] !== undefined && isRunning(Number(part[1])))) return undefined;
  const why = 'it was broken off; the next download goes on with it';
  return { path, standing: 'shared', what: 'part of a download', why };
}

async function describe({ path, standing, what, why }: Judged): Promise<FoundLeftover> {
  const status = await stat(path).catch(() => undefined);
  return {
    leftover: {
      ...{ standing, what, where: path, why, bytes: await sizeOf(path) },
      ...(status === undefined ? {} : { since: status.mtime.toISOString() }),
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** The cache and the folders in it that hold files of ours. */
async function foldersIn(cache: string): Promise<string[]> {
  const entries = await readdir(cache, { withFileTypes: true }).catch(() => []);
  const inner = entries.filter((entry) => entry.isDirectory() && !/\.part(-|$)/.test(entry.name));
  return [cache, ...inner.map((entry) => join(cache, entry.name))];
}
