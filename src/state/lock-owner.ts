import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { isRunning, isSameProcess } from '../io/process-table.ts';
import { systemErrorCode } from '../io/system-error.ts';

const ownerSchema = z.object({
  pid: z.number().int().positive(),
  /** Clock ticks from boot to the process's start; missing where the system does not say (macOS, Windows). */
  startTime: z.string().exactOptional(),
  /** Of the boot that the process was started after; missing likewise, and in files of earlier versions. */
  bootId: z.string().exactOptional(),
  command: z.string(),
  /** ISO 8601. */
  since: z.string(),
  /** Tells one taking of the lock from the next by the same process. */
  nonce: z.string(),
});

/** Who holds a lock: the content of the lock file. */
export type LockOwner = z.infer<typeof ownerSchema>;

const unreadable: LockOwner = { pid: 0, command: 'unknown', since: 'unknown', nonce: 'unreadable' };

/** Undefined: nobody has it. What is no lock of ours (a file cut off by a power failure) counts as a dead owner's. */
export function readOwner(path: string): LockOwner | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    if (systemErrorCode(error) === 'EISDIR') return unreadable;
    throw error;
  }
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return unreadable;
  }
}

/** Whether the very process that took the lock still runs. */
export function isAlive(owner: LockOwner): boolean {
  return owner.pid !== 0 && isRunning(owner.pid) && isSameProcess(owner);
}
