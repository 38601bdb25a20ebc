import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { changeSystemFile } from '../host/change-system-file.ts';
import { readIfThere } from '../host/rewrite-file.ts';
import type { SharedChange, SharedChangeOf } from '../host/shared-change.ts';
import { SharedJournal } from '../host/shared-journal.ts';
import { SudoWriteError } from '../host/sudo-write.ts';
import { createPrivateDirectory } from '../io/files.ts';
import { isRoot } from '../io/is-root.ts';
import { EnvironmentError } from '../model/errors.ts';
import { allowInNetworksConf, rangeToAdd } from '../providers/virtualbox/host-only-ranges.ts';
import { hostLockPath } from '../state/lab-home.ts';
import { withLock } from '../state/process-lock.ts';
import type { Tools } from './tools.ts';

export interface RangeToAllow {
  /** VirtualBox's networks.conf. */
  file: string;
  /** The /24 network to allow. */
  subnet: string;
  confirm: (question: string) => Promise<boolean>;
  tools: Pick<Tools, 'home' | 'exec' | 'clock'>;
  signal: AbortSignal;
}

/** Another lab may be waiting for a person to type a password. */
export const hostLockMs = 60_000;

/**
 * Adds the line to networks.conf that makes VirtualBox allow the network, after asking and after writing it down. Returns
 * whether it did. Throws LAB_RANGE_REFUSED where it cannot be written.
 */
export async function allowRange(request: RangeToAllow): Promise<boolean> {
  const { file, subnet, confirm, tools, signal } = request;
  const before = await readIfThere(file);
  const planned = plannedChange(before, subnet);
  if (planned === undefined) return false;
  const what = before === undefined ? `The file ${file} is to be made` : `A line is to be added to ${file}`;
  if (!(await confirm(`${what}:\n  ${planned.line}\nGo on?`))) return false;
  await createPrivateDirectory(tools.home);
  const journal = new SharedJournal(tools.home, tools.clock);
  const change: SharedChange = {
    ...{ kind: 'allowed-range', file, ...planned },
    ...(existsSync(dirname(file)) ? {} : { createsFolder: true }),
  };
  try {
    await journal.record(change, () => write(request, planned), { signal });
  } catch (error) {
    if (!(error instanceof SudoWriteError)) throw error;
    throw new EnvironmentError('LAB_RANGE_REFUSED', error.message, {
      command: error.command,
      hint: `Add this line to ${file} by hand: ${planned.line}`,
      cause: error,
    });
  }
  return true;
}

type FileChange = Pick<SharedChangeOf<'allowed-range'>, 'line' | 'createsFile' | 'endsLine'>;

/** Undefined: the network is allowed. */
function plannedChange(content: Buffer | undefined, subnet: string): FileChange | undefined {
  const added = rangeToAdd(content, subnet);
  if (added === undefined) return undefined;
  return {
    line: added.line,
    ...(content === undefined ? { createsFile: true } : {}),
    ...(added.endsLine ? { endsLine: true } : {}),
  };
}

async function write(
  { file, subnet, tools: { home, exec, clock }, signal }: RangeToAllow,
  planned: FileChange,
): Promise<void> {
  const edit = (content: Buffer | undefined): Buffer => {
    const change = plannedChange(content, subnet);
    if (content !== undefined && change === undefined) return content;
    // What is in the journal must undo just what is done.
    if (isDeepStrictEqual(change, planned)) return allowInNetworksConf(content, subnet);
    const message = `${file} was not changed: another program changed it meanwhile.`;
    throw new EnvironmentError('LAB_RANGE_REFUSED', message, { hint: 'Run the same command again.' });
  };
  const lock = { path: hostLockPath(home), command: `change ${file}`, clock, timeoutMs: hostLockMs, signal };
  await withLock(lock, () =>
    changeSystemFile({ exec, file, edit, stagingDir: home, isRoot: isRoot(), clock, signal }),
  );
}
