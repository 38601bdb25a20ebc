import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../io/clock.ts';
import type { FoundLeftover } from '../model/leftover.ts';
import { ChildRecord, livingChildren } from './child-record.ts';
import { hostLockPath, labPaths, subnetsLockPath } from './lab-home.ts';
import { readLabLife } from './lab-life.ts';
import { isAlive, readOwner } from './lock-owner.ts';
import { acquireLock } from './process-lock.ts';

/** Locks of processes that have ended on labs that are gone, and the commands that their runs have left running. */
export async function findLockLeftovers(home: string, clock: Clock): Promise<FoundLeftover[]> {
  const folder = dirname(labPaths(home, 'any').lock);
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(names.map((name) => judge(join(folder, name), home, clock)));
  const shared = [hostLockPath(home), subnetsLockPath(home)].flatMap((path) => sharedLock(path, clock));
  return [...found.flat(), ...shared];
}

async function judge(path: string, home: string, clock: Clock): Promise<FoundLeftover[]> {
  const [, lab, kind] = /^(.+)\.(lock|children|lock\.takeover)$/.exec(basename(path)) ?? [];
  if (lab === undefined || (await readLabLife({ home, lab })) !== 'gone') return [];
  const place = { owner: { home, lab } };
  if (kind === 'children') {
    const running = livingChildren(path);
    const what = running.length === 0 ? `record of a run on ${lab}` : `commands of a run on ${lab}`;
    const why =
      running.length === 0
        ? 'the run was killed'
        : `the run was killed; still running: process ${running.join(', ')}`;
    return [
      {
        leftover: { standing: 'left', what, where: path, why, lab },
        ...place,
        remove: async () => {
          await ChildRecord.takeOver(path, clock);
        },
      },
    ];
  }
  const why = 'its process has ended';
  return [
    {
      leftover: { standing: 'left', what: `lock of lab ${lab}`, where: path, why, lab },
      ...place,
      // The lock itself is taken over to remove anything of the lab, and goes when it is released.
      remove: () => (kind === 'lock' ? Promise.resolve() : rm(path, { force: true })),
    },
  ];
}

/** Of the hosts file and the ssh config, or of the address ranges. */
function sharedLock(path: string, clock: Clock): FoundLeftover[] {
  const owner = readOwner(path);
  if (owner === undefined || isAlive(owner)) return [];
  return [
    {
      leftover: { standing: 'left', what: 'lock of all labs', where: path, why: 'its process has ended' },
      remove: async () => {
        (await acquireLock({ path, command: 'lab leftovers', clock })).release();
      },
    },
  ];
}
