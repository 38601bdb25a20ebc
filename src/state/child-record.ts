import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import type { Clock } from '../io/clock.ts';
import { createPrivateDirectory } from '../io/files.ts';
import { endProcesses } from '../io/process-group.ts';
import { identify, isSameProcess, type ProcessIdentity } from '../io/process-table.ts';

const childSchema = z.object({
  pid: z.number().int(),
  startTime: z.string().exactOptional(),
  bootId: z.string().exactOptional(),
});
const killAfterMs = 10_000;

/**
 * The commands that a run has started and that have not ended, in a file: a run that is killed with SIGKILL cannot
 * end them itself, so the next one on the same lab does. Written synchronously, right after each start and end.
 */
export class ChildRecord {
  readonly #path: string;
  readonly #children = new Map<number, ProcessIdentity>();

  private constructor(path: string) {
    this.#path = path;
  }

  /** Ends what a killed run left (each is a process group of its own), then begins an empty record. */
  static async takeOver(path: string, clock: Clock): Promise<ChildRecord> {
    await createPrivateDirectory(dirname(path));
    for (const pid of livingChildren(path)) await endProcesses({ pid, group: true }, clock, killAfterMs);
    rmSync(path, { force: true });
    return new ChildRecord(path);
  }

  /** To be called when a command has started; the answer is to be called when it has ended. */
  add(pid: number): () => void {
    this.#children.set(pid, identify(pid));
    this.#write();
    return () => {
      this.#children.delete(pid);
      this.#write();
    };
  }

  /** A disk that is full must not end the run: then the record is merely incomplete. */
  #write(): void {
    try {
      if (this.#children.size === 0) rmSync(this.#path, { force: true });
      else writeFileSync(this.#path, JSON.stringify([...this.#children.values()]), { mode: 0o600 });
    } catch {
      return;
    }
  }
}

/** Process ids of the commands in a record that still run. */
export function livingChildren(path: string): number[] {
  // Another process may have been given the number since: what cannot be told from such a one is not touched.
  const living = readChildren(path).filter((child) => child.startTime !== undefined && isSameProcess(child));
  return living.map(({ pid }) => pid);
}

function readChildren(path: string): ProcessIdentity[] {
  try {
    return z.array(childSchema).parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return [];
  }
}
