import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sizeOf } from '../io/folder-size.ts';
import { staleTemporariesIn } from '../io/files.ts';
import { systemErrorCode } from '../io/system-error.ts';
import type { FoundLeftover, Leftover } from '../model/leftover.ts';
import { labDir, labPaths, labsDir } from './lab-home.ts';
import { readLabLife } from './lab-life.ts';

/** Folders of labs that have no state, and what killed runs left in LAB_HOME and in the folders of labs that live. */
export async function findFolderLeftovers(home: string): Promise<FoundLeftover[]> {
  const labs = await namesIn(labsDir(home));
  const found = await Promise.all(labs.map((lab) => judgeFolder(home, lab)));
  return [...found.flat(), ...(await backupsIn(home)), ...(await temporariesIn(home))];
}

/** Names of the folders in LAB_HOME, whether or not they are labs. */
export function labFolderNames(home: string): Promise<string[]> {
  return namesIn(labsDir(home));
}

async function judgeFolder(home: string, lab: string): Promise<FoundLeftover[]> {
  const dir = labDir(home, lab);
  const status = await stat(dir).catch(() => undefined);
  if (status?.isDirectory() !== true) return [];
  const folder = { what: `folder of lab ${lab}`, where: dir, lab, since: status.mtime.toISOString() };
  switch (await readLabLife({ home, lab })) {
    case 'busy':
      return [];
    case 'lives':
      return remainsIn(home, lab);
    case 'unfinished': {
      const why = 'it has no state and a journal of changes that are not undone';
      return [shown({ ...folder, why, advice: `\`lab destroy ${lab}\` undoes them` })];
    }
    case 'unreadable': {
      const why = 'its state cannot be read';
      return [shown({ ...folder, why, advice: `\`lab destroy ${lab} --force\` removes the lab` })];
    }
    case 'gone':
      return [await goneFolder(home, lab, folder)];
  }
}

async function goneFolder(
  home: string,
  lab: string,
  folder: Omit<Leftover, 'standing' | 'why'>,
): Promise<FoundLeftover> {
  const names = await namesIn(folder.where);
  const bytes = await sizeOf(folder.where);
  const hasBackup = names.includes('hosts.backup');
  return {
    leftover: {
      ...folder,
      bytes,
      standing: hasBackup ? 'uncertain' : 'left',
      why: hasBackup
        ? 'it has no state; its hosts.backup is the hosts file before a write that was broken off'
        : `it has no state.json${names.length === 0 ? '' : `, only ${names.sort().join(', ')}`}`,
    },
    owner: { home, lab },
    remove: () => rm(folder.where, { recursive: true, force: true }),
  };
}

/** What a person should look at before it goes. */
async function remainsIn(home: string, lab: string): Promise<FoundLeftover[]> {
  const names = await namesIn(labDir(home, lab));
  const remains: [name: string, why: string, advice: string][] = [
    [
      'hosts.backup',
      'the hosts file before a write that was broken off',
      'compare it with the hosts file, then remove it',
    ],
    [
      'journal.jsonl.damaged',
      '`lab destroy --force` has set it aside',
      'remove it when nothing of the lab is missing',
    ],
  ];
  return remains
    .filter(([name]) => names.includes(name))
    .map(([name, why, advice]) =>
      shown({ what: `${name} of lab ${lab}`, where: join(labDir(home, lab), name), why, advice, lab }),
    );
}

async function backupsIn(home: string): Promise<FoundLeftover[]> {
  const names = await namesIn(home);
  const backups: [name: string, of: string][] = [
    ['ssh-config.backup', 'ssh config'],
    ['system-file.backup', 'file of the system'],
  ];
  return backups
    .filter(([name]) => names.includes(name))
    .map(([name, of]) => {
      const why = `the ${of} before a write that was broken off`;
      return shown({ what: name, where: join(home, name), why, advice: 'compare the two, then remove it' });
    });
}

async function temporariesIn(home: string): Promise<FoundLeftover[]> {
  const folders = [home, join(labPaths(home, 'any').lock, '..')];
  const paths = await Promise.all(folders.map((folder) => staleTemporariesIn(folder).catch(() => [])));
  return paths.flat().map((path) => ({
    leftover: {
      standing: 'left',
      what: 'temporary file',
      where: path,
      why: 'the run that was writing it was killed',
    },
    remove: () => rm(path, { force: true }),
  }));
}

function shown(leftover: Omit<Leftover, 'standing'>): FoundLeftover {
  return { leftover: { standing: 'uncertain', ...leftover } };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
}
