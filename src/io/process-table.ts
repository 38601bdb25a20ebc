import { readdirSync, readFileSync } from 'node:fs';
import { systemErrorCode } from './system-error.ts';

/** What Linux tells about a process in `/proc/PID/stat`; see proc(5). */
interface ProcessEntry {
  /** One letter; `Z` and `X`: it has ended and only waits to be collected by its parent. */
  state: string;
  group: number;
  /** Field 22, in clock ticks since boot: tells a process from a later one that was given the same id. */
  startTime: string;
}

/** Undefined when there is no such process, or no `/proc` (macOS, Windows). */
function readEntry(pid: number | string): ProcessEntry | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // Field 2 is the command's name in brackets and may hold anything, brackets and blanks too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, , group] = fields;
  const startTime = fields[19];
  if (state === undefined || startTime === undefined) return undefined;
  return { state, group: Number(group), startTime };
}

const hasEnded = (entry: ProcessEntry): boolean => entry.state === 'Z' || entry.state === 'X';

/**
 * Tells a process from any other, also from one of the same id after a reboot: those that a system starts early have
 * the same ids and start times at every boot. What the system does not say is left out (macOS, Windows).
 */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks between boot and its start. */
  startTime?: string;
  /** Of the boot; random(4) of Linux. */
  bootId?: string;
}

/** Of a process that runs. */
export function identify(pid: number): ProcessIdentity {
  const startTime = readEntry(pid)?.startTime;
  const bootId = readBootId();
  return {
    pid,
    ...(startTime === undefined ? {} : { startTime }),
    ...(bootId === undefined ? {} : { bootId }),
  };
}

/** Whether the process that has the id now is that very one; it may have ended. What is left out is taken to agree. */
export function isSameProcess({ pid, startTime, bootId }: ProcessIdentity): boolean {
  if (bootId !== undefined && bootId !== readBootId()) return false;
  return startTime === undefined || readEntry(pid)?.startTime === startTime;
}

function readBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return undefined;
  }
}

/** Sends a signal (0: none). False: there is nothing there, or nothing of ours. Negative targets are groups, as in kill(2). */
export function sendSignal(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ESRCH' || code === 'EPERM') return false;
    throw error;
  }
}

/** Whether a process of that id runs, ours or another user's. One that has ended and was not collected does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemErrorCode(error) === 'ESRCH') return false;
  }
  const entry = readEntry(pid);
  return entry === undefined || !hasEnded(entry);
}

/** Whether a process of that group runs that we may send signals to. Group members that have ended do not count. */
export function isGroupRunning(group: number): boolean {
  if (!sendSignal(-group, 0)) return false;
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc').some((name) => {
    const entry = /^\d+$/.test(name) ? readEntry(name) : undefined;
    return entry?.group === group && !hasEnded(entry);
  });
}
