import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Exec } from '../io/exec.ts';

/** An ssh-agent that was started for a given socket. */
export interface AgentProcess {
  pid: number;
  socket: string;
}

/**
 * This user's ssh-agents that were started as `ssh-agent ... -a SOCKET`, from their command lines. None where the system
 * does not say (Windows).
 */
export async function listAgentProcesses(exec: Exec): Promise<AgentProcess[]> {
  if (process.platform === 'linux') return readdirSync('/proc').flatMap((pid) => readAgent(pid) ?? []);
  const result = await exec('ps', ['-xww', '-o', 'pid=,command='], { timeoutMs: 5_000 });
  return result.exitCode === 0 ? result.stdout.split('\n').flatMap((line) => parseAgentLine(line) ?? []) : [];
}

/**
 * The process id of the ssh-agent that was started for exactly this socket, found by its command line: a recorded
 * process id may be another program's by now. Undefined: there is none, or the system does not say (Windows).
 */
export async function findAgentProcess(exec: Exec, socket: string): Promise<number | undefined> {
  return (await listAgentProcesses(exec)).find((agent) => agent.socket === socket)?.pid;
}

/** As ps(1) prints it, without quotes: the socket is taken for the last word, which may have blanks. */
function parseAgentLine(line: string): AgentProcess | undefined {
  const [, pid, command = ''] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
  const socket = /^(?:\S*\/)?ssh-agent\s(?:.*\s)?-a (.+)$/.exec(command)?.[1];
  return pid === undefined || socket === undefined ? undefined : { pid: Number(pid), socket };
}

function readAgent(pid: string): AgentProcess | undefined {
  if (!/^\d+$/.test(pid)) return undefined;
  let words: string[];
  try {
    words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    // The folder itself is root's: agents forbid being traced.
    const user = /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    if (Number(user) !== process.getuid?.()) return undefined;
  } catch {
    return undefined; // It has ended meanwhile.
  }
  const at = words.indexOf('-a');
  const socket = at === -1 ? undefined : words[at + 1];
  if (basename(words[0] ?? '') !== 'ssh-agent' || socket === undefined) return undefined;
  return { pid: Number(pid), socket };
}
