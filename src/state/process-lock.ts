import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../io/clock.ts';
import { createPrivateDirectory, removeStaleTemporaries, temporaryName } from '../io/files.ts';
import { identify } from '../io/process-table.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { isAlive, readOwner } from './lock-owner.ts';
import type { LockOwner } from './lock-owner.ts';

export interface LockRequest {
  /** The lock file. */
  path: string;
  /** What the holder is doing, for the message that others get. */
  command: string;
  clock: Clock;
}

/** A lock that this process holds until `release`, or until it ends, however it ends. */
export interface ProcessLock {
  release(): void;
}

/** Another process that runs has the lock. */
export class LockHeldError extends Error {
  readonly owner: LockOwner;

  constructor(path: string, owner: LockOwner) {
    super(`process ${String(owner.pid)} (${owner.command}) has held ${path} since ${owner.since}`);
    this.name = 'LockHeldError';
    this.owner = owner;
  }
}

/** A takeover is a few system calls; who takes longer was stopped in the middle of it. */
const takeoverTimeoutMs = 2_000;
const takeoverPollMs = 5;
const pollMs = 50;

/** `isTakingOver`: the owner is not known to have the lock; it is finding out whether it can take it over. */
type Outcome = 'taken' | { owner: LockOwner; isTakingOver: boolean };

/**
 * Takes a lock across processes, at once or not at all. A lock whose owner has ended, however it ended, is taken over.
 * Throws `LockHeldError`, or the system error when the file cannot be written.
 */
export async function acquireLock({ path, command, clock }: LockRequest): Promise<ProcessLock> {
  await createPrivateDirectory(dirname(path));
  await removeStaleTemporaries(path);
  await removeStaleTemporaries(guardOf(path));
  const self: LockOwner = {
    ...identify(process.pid),
    command,
    since: new Date(clock.now()).toISOString(),
    nonce: randomBytes(8).toString('hex'),
  };
  const deadline = clock.elapsed() + takeoverTimeoutMs;
  for (;;) {
    const outcome = take(path, self);
    if (outcome === 'taken') break;
    if (!outcome.isTakingOver || clock.elapsed() >= deadline) throw new LockHeldError(path, outcome.owner);
    await clock.sleep(takeoverPollMs);
  }
  const release = (): void => {
    process.removeListener('exit', release);
    if (readOwner(path)?.nonce === self.nonce) rmSync(path, { force: true });
  };
  process.on('exit', release);
  return { release };
}

/** Runs `work` with the lock held, after waiting at most `timeoutMs` for it. */
export async function withLock<T>(
  request: LockRequest & { timeoutMs: number; signal?: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  const lock = await waitForLock(request);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

async function waitForLock(
  request: LockRequest & { timeoutMs: number; signal?: AbortSignal },
): Promise<ProcessLock> {
  const deadline = request.clock.elapsed() + request.timeoutMs;
  for (;;) {
    try {
      return await acquireLock(request);
    } catch (error) {
      if (!(error instanceof LockHeldError) || request.clock.elapsed() >= deadline) throw error;
    }
    await request.clock.sleep(pollMs, request.signal);
  }
}

/**
 * Synchronous, so that nothing else of this process comes between.
 *
 * The content is complete before the file has its name (link), so it is never seen half written. A dead owner's file is
 * replaced only under a guard, a lock of the same kind beside it, and only if it is still the dead owner's then: of any
 * number that find it dead, one replaces it and the others find that one alive. A guard whose owner died is taken over
 * in the same way, under a guard of its own.
 */
function take(path: string, self: LockOwner): Outcome {
  const candidate = writeCandidate(path, self);
  try {
    for (;;) {
      if (linkIfAbsent(candidate, path)) return 'taken';
      const owner = readOwner(path);
      if (owner === undefined) continue; // Released just now.
      if (isAlive(owner)) return { owner, isTakingOver: false };
      const outcome = takeOver(path, candidate, self);
      if (outcome !== 'released') return outcome;
    }
  } finally {
    rmSync(candidate, { force: true });
  }
}

function takeOver(path: string, candidate: string, self: LockOwner): Outcome | 'released' {
  const guard = guardOf(path);
  const guarded = take(guard, self);
  if (guarded !== 'taken') return { owner: guarded.owner, isTakingOver: true };
  try {
    const owner = readOwner(path);
    if (owner === undefined) return 'released';
    if (isAlive(owner)) return { owner, isTakingOver: false };
    renameSync(candidate, path);
    return 'taken';
  } finally {
    rmSync(guard, { force: true });
  }
}

function guardOf(path: string): string {
  return `${path}.takeover`;
}

function writeCandidate(path: string, self: LockOwner): string {
  const candidate = temporaryName(path);
  const file = openSync(candidate, 'wx', 0o600);
  try {
    const text = Buffer.from(JSON.stringify(self));
    if (writeSync(file, text) !== text.length)
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    fsyncSync(file);
  } catch (error) {
    rmSync(candidate, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  return candidate;
}

function linkIfAbsent(candidate: string, path: string): boolean {
  try {
    linkSync(candidate, path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
