import type { Clock } from './clock.ts';
import { isGroupRunning, isRunning, sendSignal } from './process-table.ts';

/** How long processes that we cannot see end after SIGKILL are waited for: only the system can be holding them. */
const afterKillMs = 2_000;
const pollMs = 20;

/** A process, or with `group` all processes of the group that it leads. */
export interface ProcessTarget {
  pid: number;
  group: boolean;
}

const held = new Set<ProcessTarget>();

process.on('exit', () => {
  // Nothing can be waited for here, so nothing milder would do.
  for (const target of held) send(target, 'SIGKILL');
});

/** From now until `release`, the target ends together with this process (not when this process is killed with SIGKILL). */
export function endWithUs(target: ProcessTarget): { release: () => void } {
  held.add(target);
  return { release: () => held.delete(target) };
}

/** Ends the target: SIGTERM, then SIGKILL when it is still there after `killAfterMs`. Returns when it is gone. */
export async function endProcesses(target: ProcessTarget, clock: Clock, killAfterMs: number): Promise<void> {
  send(target, 'SIGTERM');
  if (await isGoneWithin(target, clock, killAfterMs)) return;
  send(target, 'SIGKILL');
  await isGoneWithin(target, clock, afterKillMs);
}

function send(target: ProcessTarget, signal: NodeJS.Signals): void {
  sendSignal(isGroup(target) ? -target.pid : target.pid, signal);
}

/** Windows has no process groups: there only the process itself is reached. */
function isGroup(target: ProcessTarget): boolean {
  return target.group && process.platform !== 'win32';
}

async function isGoneWithin(target: ProcessTarget, clock: Clock, ms: number): Promise<boolean> {
  const deadline = clock.elapsed() + ms;
  while (isGroup(target) ? isGroupRunning(target.pid) : isRunning(target.pid)) {
    if (clock.elapsed() >= deadline) return false;
    await clock.sleep(pollMs);
  }
  return true;
}
