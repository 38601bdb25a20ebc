import { CommanderError } from 'commander';
import { EnvironmentError, UsageError } from '../model/errors.ts';
import { exitCodeOf, formatError } from '../report/format-error.ts';
import { buildProgram } from './program.ts';
import { watchSignals } from './watch-signals.ts';

/** Runs one command line and returns the exit code. The only place that turns an error into text and a number. */
export async function main(args: readonly string[], version: string): Promise<number> {
  endQuietlyWithoutReader();
  const signals = watchSignals();
  let exitCode = 0;
  try {
    const program = buildProgram(version, signals.signal, (code) => {
      exitCode = code;
    });
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error);
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
  const color = process.stderr.isTTY && process.env['NO_COLOR'] === undefined;
  process.stderr.write(`${formatError(actual, { color })}\n`);
  return exitCodeOf(actual);
}

/** `lab list | head -1` closes our output; that is no fault of anybody's. */
function endQuietlyWithoutReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

function sentence(message: string): string {
  const text = message.replace(/^error: /, '').trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A full or read-only disk can strike at any write; it is not a bug of ours. */
function toDiskError(error: unknown): EnvironmentError | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === undefined || !['ENOSPC', 'EROFS', 'EDQUOT'].includes(code)) return undefined;
  return new EnvironmentError('LAB_STATE_UNWRITABLE', (error as Error).message, {
    hint: 'Free some space, or set LAB_HOME to a folder on another disk. Then run the same command again.',
    cause: error,
  });
}
