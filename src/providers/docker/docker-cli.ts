import type { Exec, ExecOptions, ExecResult } from '../../io/exec.ts';
import { CommandError } from '../../model/errors.ts';

export interface DockerCallOptions {
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
  onLine?: ExecOptions['onLine'];
}

/** A question to the engine takes 20 to 50 ms; one that does not answer is as good as none. */
const quickMs = 20_000;

/** Runs `docker`. The client finds its engine as it does for the user: context, DOCKER_HOST, socket. */
export class DockerCli {
  readonly #exec: Exec;

  constructor(exec: Exec) {
    this.#exec = exec;
  }

  /** A failure is a result. */
  async run(
    args: readonly string[],
    { signal, timeoutMs = quickMs, onLine }: DockerCallOptions = {},
  ): Promise<ExecResult> {
    return await this.#exec('docker', args, {
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
      ...(onLine === undefined ? {} : { onLine }),
    });
  }

  /** Standard output of a command that must work. Throws LAB_DOCKER_FAILED saying that `what` failed, or LAB_COMMAND_TIMEOUT. */
  async must(args: readonly string[], what: string, options: DockerCallOptions = {}): Promise<string> {
    const result = await this.run(args, options);
    if (result.exitCode === 0) return result.stdout;
    throw dockerFailure(result, what);
  }
}

/** The error for a docker command that failed. */
export function dockerFailure(result: ExecResult, what: string): CommandError {
  const output = (result.stderr.trim() === '' ? result.stdout : result.stderr).trim().split('\n').slice(-15);
  return new CommandError(
    result.timedOut ? 'LAB_COMMAND_TIMEOUT' : 'LAB_DOCKER_FAILED',
    result.timedOut ? `${what}: docker did not answer in time.` : `${what} failed.`,
    {
      command: result.command,
      output: output.join('\n'),
      hint: 'Correct the cause and run the same command again.',
    },
  );
}
