import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import type { Clock } from '../io/clock.ts';
import { systemErrorCode } from '../io/system-error.ts';

export interface MachineLockRequest {
  /** The file that is to be changed, behind its links. */
  file: string;
  clock: Clock;
  signal?: AbortSignal;
}

/** Labs of other users, or of another LAB_HOME, kept the lock for a minute. */
export class MachineLockTimeoutError extends Error {
  constructor(file: string) {
    super(`another lab has been writing ${file} for ${String(timeoutMs / 1000)} s`);
    this.name = 'MachineLockTimeoutError';
  }
}

/** It is held for some milliseconds, but where sudo asks for a password twice a person is waited for. */
const timeoutMs = 60_000;
const pollMs = 5;

/**
 * Takes the lock that all labs on this computer share for a file, whoever runs them; the lock file in LAB_HOME is shared by
 * one user's only. Returns what releases it. It is the name of a local socket, because that anybody can take without being
 * let into the file's folder, and because the system frees it with the process: in the abstract namespace of Linux
 * (unix(7)), a named pipe on Windows. macOS has nothing of the kind: there nothing is locked. Throws
 * `MachineLockTimeoutError` or the signal's reason.
 */
export async function takeMachineLock({ file, clock, signal }: MachineLockRequest): Promise<() => void> {
  const name = socketName(file);
  if (name === undefined) return () => undefined;
  const deadline = clock.elapsed() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const release = await listen(name);
    if (release !== 'taken') return release;
    if (clock.elapsed() >= deadline) throw new MachineLockTimeoutError(file);
    await clock.sleep(pollMs, signal);
  }
}

/** Undefined: this system has no names of sockets that go with the process. */
export function socketName(file: string, platform: NodeJS.Platform = process.platform): string | undefined {
  const name = `chapterlab-${createHash('sha256').update(file).digest('hex').slice(0, 32)}`;
  if (platform === 'linux') return `\0${name}`;
  return platform === 'win32' ? `\\\\.\\pipe\\${name}` : undefined;
}

function listen(name: string): Promise<'taken' | (() => void)> {
  return new Promise((resolve) => {
    const server = createServer((connection) => connection.destroy());
    server.once('error', (error) => {
      // Anything else (a security module that forbids sockets): the write is still checked, as it is on macOS.
      resolve(systemErrorCode(error) === 'EADDRINUSE' ? 'taken' : () => undefined);
    });
    server.listen(name, () => {
      server.unref();
      resolve(() => server.close());
    });
  });
}
