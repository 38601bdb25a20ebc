import { SharedJournal } from '../host/shared-journal.ts';
import { errorText } from '../io/system-error.ts';
import { LabError } from '../model/errors.ts';
import type { FoundLeftover, LabPlace, LeftoverOutcome } from '../model/leftover.ts';
import { labDir } from '../state/lab-home.ts';
import { isGone, readOwnership } from '../state/lab-life.ts';
import { holdLab } from './hold-lab.ts';
import { assertNobodyAtWork } from './shared-entries.ts';
import type { Tools } from './tools.ts';

/**
 * Removes them in their order, those of one lab together and while that lab is held: a lab that has come to be there since
 * the list was made is left alone. One that cannot be removed does not keep the others.
 */
export async function removeLeftovers(
  chosen: readonly FoundLeftover[],
  tools: Tools,
  signal: AbortSignal,
): Promise<LeftoverOutcome[]> {
  const outcomes: LeftoverOutcome[] = [];
  for (const { owner, members } of groupsOf(chosen)) {
    try {
      if (owner === undefined) outcomes.push(...(await removeAll(members, tools, signal)));
      else outcomes.push(...(await removeOfLab(owner, members, tools, signal)));
    } catch (error) {
      signal.throwIfAborted();
      // Of the lock: nothing was removed.
      outcomes.push(...members.map((member) => failed(member, error)));
    }
  }
  return outcomes;
}

interface Group {
  owner: LabPlace | undefined;
  members: FoundLeftover[];
}

/** Those of no lab last: the Include goes after the folders that need it. */
function groupsOf(chosen: readonly FoundLeftover[]): Group[] {
  const groups = new Map<string, Group>();
  for (const member of chosen) {
    if (member.owner === undefined) continue;
    const { home, lab } = member.owner;
    const key = labDir(home, lab);
    const group = groups.get(key) ?? { owner: member.owner, members: [] };
    group.members.push(member);
    groups.set(key, group);
  }
  const others = chosen.filter((member) => member.owner === undefined);
  return [...groups.values(), { owner: undefined, members: others }];
}

async function removeOfLab(
  { home, lab }: LabPlace,
  members: readonly FoundLeftover[],
  tools: Tools,
  signal: AbortSignal,
): Promise<LeftoverOutcome[]> {
  const remove = async (): Promise<LeftoverOutcome[]> => {
    const { life } = await readOwnership({ lab, folder: labDir(home, lab) }, tools.home);
    if (life === 'gone') return removeAll(members, tools, signal);
    return members.map((member) => failed(member, new Error(`lab ${lab} has come back meanwhile`)));
  };
  // Where there is no LAB_HOME any more nobody can be at work in it, and none is made for the sake of a lock.
  const isElsewhere = home !== tools.home && (await isGone(home));
  return isElsewhere ? remove() : holdLab(lab, 'leftovers', { ...tools, home }, remove);
}

async function removeAll(
  members: readonly FoundLeftover[],
  tools: Tools,
  signal: AbortSignal,
): Promise<LeftoverOutcome[]> {
  const outcomes: LeftoverOutcome[] = [];
  for (const member of members) {
    signal.throwIfAborted();
    try {
      if (member.entry === undefined) await member.remove?.(signal);
      else await undoShared(member, member.entry, tools, signal);
      outcomes.push({ leftover: member.leftover, outcome: 'removed' });
    } catch (error) {
      signal.throwIfAborted();
      outcomes.push(failed(member, error));
    }
  }
  return outcomes;
}

/** A lab that is at work may be about to use what labs share. */
async function undoShared(
  member: FoundLeftover,
  entry: number,
  { home, clock }: Tools,
  signal: AbortSignal,
): Promise<void> {
  await assertNobodyAtWork(home);
  await member.remove?.(signal);
  await new SharedJournal(home, clock).markUndone([entry], signal);
}

function failed({ leftover }: FoundLeftover, error: unknown): LeftoverOutcome {
  const detail = error instanceof LabError ? (error.details.output ?? '') : '';
  const last = detail.trim().split('\n').at(-1) ?? '';
  return {
    leftover,
    outcome: 'failed',
    reason: [errorText(error), ...(last === '' ? [] : [last])].join(': '),
  };
}
