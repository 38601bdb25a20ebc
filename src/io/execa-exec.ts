import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import type { Options, ResultPromise } from 'execa';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { Exec, ExecOptions, ExecResult } from './exec.ts';
import { endProcesses, endWithUs } from './process-group.ts';

export interface ExecaExecOptions {
  clock?: Clock;
  /** Time between SIGTERM and SIGKILL, milliseconds. */
  killAfterMs?: number;
  /** Called with the process group of each command that is not interactive; the answer is called when it has ended. */
  onGroup?: (pid: number) => () => void;
}

/** Why we ended a command before it ended itself. */
type Stop = 'aborted' | 'timed out';

/**
 * An `Exec` that starts real processes. A command that is not interactive leads a process group (and a session) of its
 * own: a Ctrl-C at the terminal reaches `lab` alone, and an abort or a timeout ends its children too. An interactive one
 * stays in our group, because only there may it read from the terminal.
 * Rejects with the signal's reason, after the group is gone, or when `cwd` is no folder; everything else is a result.
 */
export function createExecaExec({
  clock = systemClock,
  killAfterMs = 5_000,
  onGroup,
}: ExecaExecOptions = {}): Exec {
  return async (file, args, options = {}) => {
    options.signal?.throwIfAborted();
    assertFolder(options.cwd);
    const child = execa(file, args, settings(options));
    const target =
      child.pid === undefined ? undefined : { pid: child.pid, group: options.interactive !== true };
    const held = target === undefined ? undefined : endWithUs(target);
    const ended = target?.group === true ? onGroup?.(target.pid) : undefined;
    const watch = watchForStop(options);
    try {
      const stop = await Promise.race([child.then(() => undefined), watch.stop]);
      if (stop !== undefined && target !== undefined) await endProcesses(target, clock, killAfterMs);
      // A process that left the group may still hold the pipes; what it writes is not waited for.
      if (stop !== undefined) destroyPipes(child);
      if (stop === 'aborted') throw options.signal?.reason as Error;
      const path = options.env?.['PATH'] ?? process.env['PATH'] ?? '';
      return toResult(await child, stop === 'timed out', file, path);
    } finally {
      watch.forget();
      held?.release();
      ended?.();
    }
  };
}

function assertFolder(cwd: string | undefined): void {
  // Node reports a missing folder as ENOENT, which would be taken for a missing command.
  if (cwd !== undefined && statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new Error(`cannot run a command in ${cwd}: it is no folder`);
  }
}

function settings(options: ExecOptions): Options {
  const interactive = options.interactive === true;
  const output = (stream: 'stdout' | 'stderr'): Options['stdout'] => {
    if (interactive) return 'inherit';
    const { onLine } = options;
    if (onLine === undefined) return 'pipe';
    return {
      *transform(line) {
        onLine(String(line).replace(/\r?\n$/, ''), stream);
        yield line;
      },
      preserveNewlines: true,
    };
  };
  return {
    reject: false,
    detached: !interactive,
    stripFinalNewline: false,
    windowsHide: true,
    stdout: output('stdout'),
    stderr: output('stderr'),
    ...(options.input === undefined
      ? { stdin: interactive ? 'inherit' : 'ignore' }
      : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  };
}

function watchForStop({ signal, timeoutMs }: ExecOptions): { stop: Promise<Stop>; forget: () => void } {
  let stopAs: (stop: Stop) => void = () => undefined;
  const stop = new Promise<Stop>((resolve) => {
    stopAs = resolve;
  });
  const onAbort = (): void => {
    stopAs('aborted');
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = timeoutMs === undefined ? undefined : setTimeout(stopAs, timeoutMs, 'timed out');
  return {
    stop,
    forget: () => {
      signal?.removeEventListener('abort', onAbort);
      clearTimeout(timer);
    },
  };
}

function destroyPipes(child: ResultPromise): void {
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function toResult(result: Awaited<ResultPromise>, timedOut: boolean, file: string, path: string): ExecResult {
  const { exitCode, code, cause } = result;
  const started = exitCode !== undefined || result.signal !== undefined;
  // A command that ran and still has a cause: reading its output failed, which is no result of the command.
  if ((started || code === undefined) && !timedOut && cause instanceof Error) throw cause;
  return {
    command: result.escapedCommand,
    exitCode: timedOut ? undefined : exitCode,
    stdout: asText(result.stdout),
    stderr: asText(result.stderr) || (started ? '' : (result.originalMessage ?? '')),
    timedOut,
    notFound: !started && (code === 'ENOENT' || (code === 'EACCES' && !isOnPath(file, path))),
  };
}

/** A folder on PATH that may not be searched makes the system answer EACCES for a command that is nowhere. */
function isOnPath(file: string, path: string): boolean {
  return file.includes('/') || path.split(delimiter).some((folder) => existsSync(join(folder, file)));
}

function asText(output: unknown): string {
  return typeof output === 'string' ? output : '';
}
