import { createHash } from 'node:crypto';
import { lstat, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Clock } from '../io/clock.ts';
import type { Exec } from '../io/exec.ts';
import { createPrivateDirectory } from '../io/files.ts';
import { isRunning, sendSignal } from '../io/process-table.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError } from '../model/errors.ts';
import { findAgentProcess } from './agent-process.ts';
import { listAgentKeys } from './agent-protocol.ts';
import { assertSucceeded } from './ssh-key.ts';
import type { SshKey } from './ssh-key.ts';

/** An ssh agent; the shape in which the lab's state keeps it. */
export interface SshAgent {
  socket: string;
  /** Known only of agents that we started. */
  pid?: number;
  /** The lab started it, and stops it. */
  own: boolean;
}

/** What `agentStatus` finds. `unreachable`: no agent answers at the socket. */
export type AgentStatus = 'loaded' | 'missing' | 'unreachable';

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, the final zero included. */
const maxSocketPathBytes = 103;
/** ssh-add may wait for ever: some agents ask their user first. */
const addTimeoutMs = 30_000;
const stopTimeoutMs = 5_000;

/** Where the lab's own agent listens: in the lab's folder, or in a private one of the system where that path is too long. */
export function agentSocketPath(labDir: string, temporaryDir: string = tmpdir()): string {
  const path = join(labDir, 'ssh', 'agent.sock');
  if (Buffer.byteLength(path) <= maxSocketPathBytes) return path;
  const name = createHash('sha256').update(labDir).digest('hex').slice(0, 16);
  return join(temporaryDir, `lab-agent-${name}`, 'agent.sock');
}

/** The agent that SSH_AUTH_SOCK names, if one answers there. */
export async function findRunningAgent(
  env: Readonly<Record<string, string | undefined>>,
): Promise<SshAgent | undefined> {
  const socket = env['SSH_AUTH_SOCK'];
  if (socket === undefined || socket === '') return undefined;
  return (await listAgentKeys(socket)) === undefined ? undefined : { socket, own: false };
}

/** Whether the agent has the key. Starts no process; one round trip on the socket. */
export async function agentStatus(socket: string, publicKey: string): Promise<AgentStatus> {
  const keys = await listAgentKeys(socket);
  if (keys === undefined) return 'unreachable';
  return keys.includes(publicKey.split(' ')[1] ?? '') ? 'loaded' : 'missing';
}

/**
 * Starts an agent of the lab's own, or finds the one that a run before this one started. It makes itself a daemon and so
 * survives `lab`. Throws LAB_TOOL_MISSING, LAB_COMMAND_FAILED or LAB_AGENT_FAILED.
 */
export async function startAgent(exec: Exec, socket: string, signal?: AbortSignal): Promise<SshAgent> {
  if ((await listAgentKeys(socket)) !== undefined) {
    const pid = await findAgentProcess(exec, socket);
    return { socket, own: true, ...(pid === undefined ? {} : { pid }) };
  }
  await createPrivateDirectory(dirname(socket));
  await assertPrivate(dirname(socket));
  await rm(socket, { force: true });
  const options = { timeoutMs: addTimeoutMs, ...(signal === undefined ? {} : { signal }) };
  const result = await exec('ssh-agent', ['-s', '-a', socket], options);
  assertSucceeded(result, 'An ssh agent for the lab could not be started.');
  const pid = /\bSSH_AGENT_PID=(\d+)/.exec(result.stdout)?.[1];
  if (pid === undefined) {
    throw new EnvironmentError('LAB_AGENT_FAILED', 'The ssh agent did not say its process id.', {
      command: result.command,
      output: result.stdout.trim(),
    });
  }
  return { socket, own: true, pid: Number(pid) };
}

/** Somebody else may have made the folder first where all users may: then it must not be used. */
async function assertPrivate(folder: string): Promise<void> {
  const status = await lstat(folder);
  const isOurs = process.getuid === undefined || status.uid === process.getuid();
  if (status.isDirectory() && isOurs && (status.mode & 0o077) === 0) return;
  throw new EnvironmentError(
    'LAB_AGENT_FAILED',
    `${folder} can be used by others; no ssh agent is started there.`,
    {
      hint: `Remove ${folder}, or set LAB_HOME to a shorter path.`,
    },
  );
}

/** Loads the key into the agent unless it is there. Throws LAB_AGENT_FAILED or LAB_TOOL_MISSING. */
export async function addAgentKey(
  exec: Exec,
  socket: string,
  key: SshKey,
  signal?: AbortSignal,
): Promise<'changed' | 'unchanged'> {
  if ((await agentStatus(socket, key.publicKey)) === 'loaded') return 'unchanged';
  await sshAdd(exec, socket, ['-q', key.privateKeyPath], signal);
  const status = await agentStatus(socket, key.publicKey);
  if (status !== 'loaded') {
    throw new EnvironmentError(
      'LAB_AGENT_FAILED',
      `The ssh agent at ${socket} took the key but does not offer it.`,
      {
        hint: 'Unset SSH_AUTH_SOCK and run again: the lab then starts an agent of its own.',
      },
    );
  }
  return 'changed';
}

/** Takes the key out of the agent. An agent that is gone, or does not have the key, is no error. */
export async function removeAgentKey(
  exec: Exec,
  socket: string,
  key: Pick<SshKey, 'publicKeyPath' | 'publicKey'>,
  signal?: AbortSignal,
): Promise<'changed' | 'unchanged'> {
  if ((await agentStatus(socket, key.publicKey)) !== 'loaded') return 'unchanged';
  await sshAdd(exec, socket, ['-q', '-d', key.publicKeyPath], signal);
  return 'changed';
}

async function sshAdd(
  exec: Exec,
  socket: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const result = await exec('ssh-add', args, {
    env: { SSH_AUTH_SOCK: socket },
    timeoutMs: addTimeoutMs,
    ...(signal === undefined ? {} : { signal }),
  });
  if (result.notFound) assertSucceeded(result, 'The ssh agent cannot be talked to.');
  if (result.exitCode === 0) return;
  const why = result.timedOut ? ` within ${String(addTimeoutMs / 1000)} s` : '';
  throw new EnvironmentError(
    'LAB_AGENT_FAILED',
    `The ssh agent at ${socket} did not do what it was asked${why}.`,
    {
      command: result.command,
      output: `${result.stdout}${result.stderr}`.trim(),
      hint: 'Unset SSH_AUTH_SOCK and run again: the lab then starts an agent of its own.',
    },
  );
}

/**
 * Stops the lab's own agent and removes its socket. The process is found by the socket on its command line, never
 * trusted by a recorded number. Throws LAB_AGENT_FAILED when it does not end.
 */
export async function stopAgent(exec: Exec, clock: Clock, socket: string): Promise<'changed' | 'unchanged'> {
  const pid = await findAgentProcess(exec, socket);
  if (pid !== undefined) {
    sendSignal(pid, 'SIGTERM');
    const deadline = clock.elapsed() + stopTimeoutMs;
    while (isRunning(pid)) {
      if (clock.elapsed() >= deadline) {
        const message = `The lab's ssh agent (process ${String(pid)}) did not end.`;
        throw new EnvironmentError('LAB_AGENT_FAILED', message, { hint: `Stop it: kill -9 ${String(pid)}` });
      }
      await clock.sleep(20);
    }
  }
  await rm(socket, { force: true });
  await removePrivateFolder(dirname(socket));
  return pid === undefined ? 'unchanged' : 'changed';
}

/** Only the folder made for a long path; the lab's own goes with the lab. */
async function removePrivateFolder(folder: string): Promise<void> {
  if (!/^lab-agent-[0-9a-f]{16}$/.test(folder.slice(dirname(folder).length + 1))) return;
  try {
    await rmdir(folder);
  } catch (error) {
    // What somebody else has put there is theirs.
    if (!['ENOENT', 'ENOTEMPTY'].includes(systemErrorCode(error) ?? '')) throw error;
  }
}
