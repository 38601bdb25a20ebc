import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Exec } from '../io/exec.ts';

/**
 * The process id of the ssh-agent that was started for exactly this socket, found by its command line: a recorded
 * process id may be another program's by now. Undefined: there is none, or the system does not say (Windows).
 */
export async function findAgentProcess(exec: Exec, socket: string): Promise<number | undefined> {
  if (process.platform === 'linux') return findInProc(socket);
  const result = await exec('ps', ['-axww', '-o', 'pid=,command='], { timeoutMs: 5_000 });
  if (result.exitCode !== 0) return undefined;
  const line = result.stdout.split('\n').find((each) => isAgentLine(each, socket));
  return line === undefined ? undefined : Number.parseInt(line, 10);
}

function isAgentLine(line: string, socket: string): boolean {
  const command = line.trim().replace(/^\d+\s+/, '');
  return /^(\S*\/)?ssh-agent\s/.test(command) && command.endsWith(`-a ${socket}`);
}

function findInProc(socket: string): number | undefined {
  const found = readdirSync('/proc').find((pid) => /^\d+$/.test(pid) && isAgent(pid, socket));
  return found === undefined ? undefined : Number(found);
}

function isAgent(pid: string, socket: string): boolean {
  let words: string[];
  try {
    words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return false; // It has ended meanwhile.
  }
  const at = words.indexOf('-a');
  return basename(words[0] ?? '') === 'ssh-agent' && at !== -1 && words[at + 1] === socket;
}
