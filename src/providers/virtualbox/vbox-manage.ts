import type { Exec, ExecOptions, ExecResult } from '../../io/exec.ts';
import { CommandError } from '../../model/errors.ts';

export interface VBoxManageOptions {
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
  onLine?: ExecOptions['onLine'];
}

/**
 * A call takes 10 to 60 ms, but one in a few hundred was seen to take 10 s and then succeed (VirtualBox 7.2): a limit
 * must be well above that.
 */
const quickMs = 60_000;
const shownLines = 15;

/**
 * VBoxSVC ends 5 s after its last client when no machine runs; a call that comes in that moment is refused. It never
 * reached VirtualBox, so it can be made again without doing anything twice. Any other failure is reported as it is.
 */
const serverJustEnded = 'Failed to create the VirtualBox object!';

/** Runs VBoxManage. */
export class VBoxManage {
  readonly #exec: Exec;

  constructor(exec: Exec) {
    this.#exec = exec;
  }

  /** A failure is a result. */
  async run(args: readonly string[], options: VBoxManageOptions = {}): Promise<ExecResult> {
    const first = await this.#call(args, options);
    const refused = first.exitCode === 1 && first.stderr.includes(serverJustEnded);
    return refused ? this.#call(args, options) : first;
  }

  /** Standard output of a command that must work. Throws LAB_VIRTUALBOX_FAILED saying that `what` failed, or LAB_COMMAND_TIMEOUT. */
  async must(
    args: readonly string[],
    what: string,
    options: VBoxManageOptions & { machine?: string } = {},
  ): Promise<string> {
    const result = await this.run(args, options);
    if (result.exitCode === 0) return result.stdout;
    throw virtualBoxFailure(result, what, options.machine);
  }

  #call(
    args: readonly string[],
    { signal, timeoutMs = quickMs, onLine }: VBoxManageOptions,
  ): Promise<ExecResult> {
    return this.#exec('VBoxManage', args, {
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
      ...(onLine === undefined ? {} : { onLine }),
    });
  }
}

/** The error for a VBoxManage command that failed. */
export function virtualBoxFailure(result: ExecResult, what: string, machine?: string): CommandError {
  const output = (result.stderr.trim() === '' ? result.stdout : result.stderr).trim().split('\n');
  return new CommandError(
    result.timedOut ? 'LAB_COMMAND_TIMEOUT' : 'LAB_VIRTUALBOX_FAILED',
    result.timedOut ? `${what}: VBoxManage did not answer in time.` : `${what} failed.`,
    {
      ...(machine === undefined ? {} : { machine }),
      command: result.command,
      output: output.slice(-shownLines).join('\n'),
      hint: 'Correct the cause and run the same command again.',
    },
  );
}
