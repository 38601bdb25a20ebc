import { CommanderError } from 'commander';
import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError, UsageError } from '../model/errors.ts';
import { exitCodeOf } from '../report/format-error.ts';
import { printError } from './print.ts';
import { buildProgram } from './program.ts';
import { watchSignals } from './watch-signals.ts';

/** Runs one command line and returns the exit code. The only place that turns an error into text and a number. */
export async function main(args: readonly string[], version: string): Promise<number> {
  const signals = watchSignals(args);
  stopWithoutReader(signals.interrupt);
  let exitCode = 0;
  try {
    const program = buildProgram(version, {
      signal: signals.signal,
      setExitCode: (code) => {
        exitCode = code;
      },
      atWorkOn: signals.atWorkOn,
    });
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    const { signal } = signals;
    return report(signal.aborted && hasLostReader(error) ? signal.reason : error);
  } finally {
    signals.stop();
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    // No command was given: commander has shown the usage on stderr, and there is nothing to add.
    if (error.code === 'commander.help') return 2;
    return report(new UsageError('LAB_USAGE', sentence(error.message), { hint: 'Run `lab help`.' }));
  }
  const actual = toDiskError(error) ?? error;
  printError(actual);
  return exitCodeOf(actual);
}

/** What a write to a pipe or a terminal that is gone ends with. */
function hasLostReader(error: unknown): boolean {
  return ['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'].includes(systemErrorCode(error) ?? '');
}

/**
 * `lab list | head -1` closes our output, which is no fault of anybody's. A run is stopped in order and says so in its
 * exit status: `lab up | tee log` loses its reader at a Ctrl-C, in the middle of the work.
 */
function stopWithoutReader(interrupt: (by: string) => void): void {
  const onError = (error: Error): void => {
    if (!hasLostReader(error)) throw error;
    interrupt('the end of the program that read its output');
  };
  process.stdout.on('error', onError);
  process.stderr.on('error', onError);
}

function sentence(message: string): string {
  const text = message.replace(/^error: /, '').trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A full or read-only disk can strike at any write; it is not a bug of ours. */
function toDiskError(error: unknown): EnvironmentError | undefined {
  const code = systemErrorCode(error);
  if (code === undefined || !['ENOSPC', 'EROFS', 'EDQUOT'].includes(code)) return undefined;
  return new EnvironmentError('LAB_STATE_UNWRITABLE', (error as Error).message, {
    hint: 'Free some space, or set LAB_HOME to a folder on another disk. Then run the same command again.',
    cause: error,
  });
}
