import { lstat } from 'node:fs/promises';
import { changeSystemFile, removeSystemFile } from '../host/change-system-file.ts';
import { needsSudo } from '../host/hosts-file.ts';
import type { OpenChange } from '../host/journal.ts';
import { readIfThere } from '../host/rewrite-file.ts';
import type { SharedChangeOf } from '../host/shared-change.ts';
import { isRoot } from '../io/is-root.ts';
import type { FoundLeftover } from '../model/leftover.ts';
import {
  hostOnlyRule,
  parseAllowedRanges,
  withoutAddedRange,
  type AddedRange,
} from '../providers/virtualbox/host-only-ranges.ts';
import { hostLockPath } from '../state/lab-home.ts';
import { withLock } from '../state/process-lock.ts';
import { hostLockMs } from './allow-range.ts';
import type { Tools } from './tools.ts';

export type RangeEntry = OpenChange<SharedChangeOf<'allowed-range'>>;

export interface RangeQuestion {
  entries: readonly RangeEntry[];
  /** Networks that are there or that labs want. Throws where they cannot be told. */
  subnets: () => Promise<readonly string[]>;
  /** Asks before sudo is used. */
  confirm: (question: string) => Promise<boolean>;
  tools: Pick<Tools, 'home' | 'exec' | 'clock'>;
}

/** A networks.conf with the line that was added, and what it would be without. */
interface Removal {
  content: Buffer;
  /** Undefined: the file goes too. */
  rest: Buffer | undefined;
}

/** Lines that `lab doctor --fix` has added, which are still there as they were and which no network needs. They are `shared`. */
export async function findAllowedRanges(
  question: RangeQuestion,
): Promise<{ found: FoundLeftover[]; gone: number[] }> {
  const found: FoundLeftover[] = [];
  const gone: number[] = [];
  if (question.entries.length === 0) return { found, gone };
  const subnets = await question.subnets();
  for (const entry of question.entries) {
    const removal = await removalOf(entry.change);
    if (removal === undefined) gone.push(entry.id);
    else if (needing(removal, subnets).length === 0) found.push(describe(entry, question));
  }
  return { found, gone };
}

/** Undefined: exactly that line is not there any more. */
async function removalOf(change: SharedChangeOf<'allowed-range'>): Promise<Removal | undefined> {
  const content = await readIfThere(change.file);
  const rest = content === undefined ? undefined : withoutAddedRange(content, addedBy(change));
  if (content === undefined || rest === undefined) return undefined;
  // Somebody may keep the file elsewhere by now.
  const isLink = (await lstat(change.file)).isSymbolicLink();
  return { content, rest: rest.length === 0 && change.createsFile === true && !isLink ? undefined : rest };
}

function addedBy({ line, endsLine = false }: SharedChangeOf<'allowed-range'>): AddedRange {
  return { line, endsLine };
}

/** Networks that are allowed with the line and not without: a line may name VirtualBox's own ranges, too. */
function needing({ content, rest }: Removal, subnets: readonly string[]): string[] {
  const allows = (text: Buffer | undefined, subnet: string): boolean =>
    hostOnlyRule(parseAllowedRanges(text?.toString('latin1'))).isAllowed(subnet);
  return subnets.filter((subnet) => allows(content, subnet) && !allows(rest, subnet));
}

function describe(entry: RangeEntry, question: RangeQuestion): FoundLeftover {
  const { file, line } = entry.change;
  const killed = entry.done ? '' : "; it was killed meanwhile, and the line may be somebody else's";
  return {
    leftover: {
      standing: entry.done ? 'shared' : 'uncertain',
      what: `line "${line}"`,
      where: file,
      why: `\`lab doctor --fix\` added it, and no network needs it now${killed}`,
      since: entry.at,
    },
    entry: entry.id,
    remove: (signal) => undo(entry, question, signal),
  };
}

async function undo(entry: RangeEntry, question: RangeQuestion, signal: AbortSignal): Promise<void> {
  const { file, line } = entry.change;
  const { home, clock } = question.tools;
  if (
    (await needsSudo(file)) &&
    !(await question.confirm(`A line is to be removed from ${file} with sudo:\n  ${line}\nGo on?`))
  ) {
    throw new Error('sudo was declined');
  }
  const lock = { path: hostLockPath(home), command: `change ${file}`, clock, timeoutMs: hostLockMs, signal };
  await withLock(lock, async () => {
    const removal = await removalOf(entry.change);
    if (removal === undefined) return;
    const needed = needing(removal, await question.subnets());
    if (needed.length > 0) throw new Error(`${needed.join(', ')} has come to need it`);
    await remove(entry.change, removal, question, signal);
  });
}

async function remove(
  change: SharedChangeOf<'allowed-range'>,
  { content, rest }: Removal,
  { tools: { home, exec, clock } }: RangeQuestion,
  signal: AbortSignal,
): Promise<void> {
  const { file, createsFolder: withFolder = false } = change;
  const shared = { exec, file, isRoot: isRoot(), signal };
  if (rest === undefined) {
    await removeSystemFile({ ...shared, content, withFolder });
    return;
  }
  const edit = (now: Buffer | undefined): Buffer => {
    if (now !== undefined) return withoutAddedRange(now, addedBy(change)) ?? now;
    throw new Error(`${file} was removed meanwhile`);
  };
  await changeSystemFile({ ...shared, edit, stagingDir: home, clock });
}
