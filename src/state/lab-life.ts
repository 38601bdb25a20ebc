import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { foldJournal } from '../host/journal.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { withoutLinks } from '../io/without-links.ts';
import type { LabPlace } from '../model/leftover.ts';
import { labDir, labPaths } from './lab-home.ts';
import { isAlive, readOwner, type LockOwner } from './lock-owner.ts';
import { loadState } from './state-file.ts';

/**
 * Whether there is a lab. `busy`: another process is at work on it. `unfinished`: no state, but a journal of changes to
 * undo. `unreadable`: its state cannot be used.
 */
export type LabLife = 'lives' | 'busy' | 'unfinished' | 'unreadable' | 'gone';

/** Of a lab in this LAB_HOME. To be asked after what may belong to the lab was looked at: a lab comes first, its things later. */
export async function readLabLife({ home, lab }: LabPlace): Promise<LabLife> {
  if (otherOwner(home, lab) !== undefined) return 'busy';
  const paths = labPaths(home, lab);
  try {
    if ((await loadState(paths.state)) !== undefined) return 'lives';
  } catch {
    return 'unreadable';
  }
  try {
    return foldJournal(await readFile(paths.journal, 'utf8')).length > 0 ? 'unfinished' : 'gone';
  } catch (error) {
    return isAbsent(error) ? 'gone' : 'unfinished';
  }
}

/** The process that is at work on a lab, other than this one. */
export function otherOwner(home: string, lab: string): LockOwner | undefined {
  let owner: LockOwner | undefined;
  try {
    owner = readOwner(labPaths(home, lab).lock);
  } catch (error) {
    // A LAB_HOME of somebody else, or none.
    if (['EACCES', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
  return owner !== undefined && owner.pid !== process.pid && isAlive(owner) ? owner : undefined;
}

/** Labs of this LAB_HOME that another process is at work on. */
export async function labsAtWork(home: string): Promise<{ lab: string; owner: LockOwner }[]> {
  const names = await readdir(dirname(labPaths(home, 'any').lock)).catch(() => []);
  const labs = names.filter((name) => name.endsWith('.lock')).map((name) => basename(name, '.lock'));
  return labs.flatMap((lab) => {
    const owner = otherOwner(home, lab);
    return owner === undefined ? [] : [{ lab, owner }];
  });
}

/** What a mark tells of the lab that made something. */
export interface Claim {
  lab: string;
  /** The lab's own folder, or one in it. */
  folder: string;
}

/** Who owns what carries a mark. */
export interface Ownership {
  life: LabLife;
  /** Undefined where the mark names no LAB_HOME's folder. */
  place: LabPlace | undefined;
  /** Why it is thought to be gone; for people. */
  why: string;
}

/**
 * Whose a mark is. A lab of this LAB_HOME is judged by its state; one of another by its folder: as long as that is there,
 * or cannot be looked at, it lives.
 */
export async function readOwnership({ lab, folder }: Claim, home: string): Promise<Ownership> {
  const place = placeOf(folder, lab);
  if (place !== undefined && (await withoutLinks(place.home)) === (await withoutLinks(home))) {
    const own = { home, lab };
    return { life: await readLabLife(own), place: own, why: `there is no lab ${lab} in ${home}` };
  }
  const seen = place === undefined ? folder : labDir(place.home, lab);
  const why = `its folder ${seen} is gone`;
  if (!(await isGone(seen))) return { life: 'lives', place, why };
  const busy = place !== undefined && otherOwner(place.home, lab) !== undefined;
  return { life: busy ? 'busy' : 'gone', place, why };
}

/** `HOME/labs/LAB` and all below it. */
function placeOf(folder: string, lab: string): LabPlace | undefined {
  for (let path = resolve(folder); path !== dirname(path); path = dirname(path)) {
    const home = dirname(dirname(path));
    if (basename(path) === lab && path === labDir(home, lab)) return { home, lab };
  }
  return undefined;
}

/** Only what is certain: a folder of somebody else that cannot be looked into may be there. */
export async function isGone(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    return isAbsent(error);
  }
}

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '');
}
