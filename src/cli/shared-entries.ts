import type { OpenChange } from '../host/journal.ts';
import type { SharedChange, SharedChangeOf } from '../host/shared-change.ts';
import { SharedJournal } from '../host/shared-journal.ts';
import { errorText } from '../io/system-error.ts';
import { LabError } from '../model/errors.ts';
import type { FoundLeftover } from '../model/leftover.ts';
import { sharedJournalPath } from '../state/lab-home.ts';
import { labsAtWork } from '../state/lab-life.ts';
import type { Tools } from './tools.ts';

/** What the journal of what labs share tells of, as far as it can be judged now. */
export interface SharedEntries {
  /** Newest first. */
  entries: readonly OpenChange<SharedChange>[];
  found: FoundLeftover[];
  notes: string[];
}

/**
 * Reads the journal and changes nothing. While a lab is at work nothing of it is judged: what the lab has just made is used
 * by no machine yet. A journal that cannot be used is something to look at.
 */
export async function readSharedEntries({ home, clock }: Tools): Promise<SharedEntries> {
  try {
    const entries = await new SharedJournal(home, clock).open();
    const atWork = entries.length === 0 ? undefined : await workNote(home);
    return atWork === undefined
      ? { entries, found: [], notes: [] }
      : { entries: [], found: [], notes: [`Of what labs share nothing was judged: ${atWork}.`] };
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return { entries: [], found: [damaged(home, error)], notes: [] };
  }
}

/** The entries of one kind. */
export function entriesOfKind<Kind extends SharedChange['kind']>(
  { entries }: Pick<SharedEntries, 'entries'>,
  kind: Kind,
): OpenChange<SharedChangeOf<Kind>>[] {
  return entries.filter((entry): entry is OpenChange<SharedChangeOf<Kind>> => entry.change.kind === kind);
}

/** Marks entries undone whose change is not there any more; not while a lab is at work, which may be making it. */
export async function forgetGone(
  gone: readonly number[],
  { home, clock }: Tools,
  signal: AbortSignal,
): Promise<void> {
  if (gone.length === 0 || (await workNote(home)) !== undefined) return;
  await new SharedJournal(home, clock).markUndone(gone, signal);
}

/** Throws where another process is at work on any lab. */
export async function assertNobodyAtWork(home: string): Promise<void> {
  const note = await workNote(home);
  if (note !== undefined) throw new Error(note);
}

async function workNote(home: string): Promise<string | undefined> {
  const [first] = await labsAtWork(home);
  if (first === undefined) return undefined;
  const { lab, owner } = first;
  return `lab ${lab} is in use by process ${String(owner.pid)} (${owner.command})`;
}

function damaged(home: string, error: LabError): FoundLeftover {
  const where = sharedJournalPath(home);
  return {
    leftover: {
      standing: 'uncertain',
      what: 'journal of what labs share',
      where,
      why: errorText(error.cause ?? error),
      advice: `use the version of lab that wrote it, or \`mv '${where}' '${where}.damaged'\`; \`vagrant box list\` and \`docker image ls\` show what is there`,
    },
  };
}
