import type { Clock } from '../io/clock.ts';
import { EnvironmentError } from '../model/errors.ts';
import { labPaths } from './lab-home.ts';
import { acquireLock, LockHeldError } from './process-lock.ts';
import type { ProcessLock } from './process-lock.ts';
import { explainUnwritable } from './state-error.ts';

export interface LabLockRequest {
  /** LAB_HOME. */
  home: string;
  lab: string;
  /** The `lab` command that wants it, e.g. `up`. */
  command: string;
  clock: Clock;
}

/**
 * Takes the lab for this process, until `release` or the process's end, however it ends. Throws LAB_STATE_LOCKED, naming
 * who has it, or LAB_STATE_UNWRITABLE.
 */
export async function lockLab({ home, lab, command, clock }: LabLockRequest): Promise<ProcessLock> {
  const path = labPaths(home, lab).lock;
  try {
    return await acquireLock({ path, command: `lab ${command}`, clock });
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw explainUnwritable(error, path);
    const { pid, command: other, since } = error.owner;
    throw new EnvironmentError(
      'LAB_STATE_LOCKED',
      `Lab ${lab} is in use: process ${String(pid)} (${other}) has been at work on it since ${since}.`,
      { hint: `Wait for it to end, or stop it: kill ${String(pid)}`, cause: error },
    );
  }
}
