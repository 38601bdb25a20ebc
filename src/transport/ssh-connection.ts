import type { Clock } from '../io/clock.ts';
import { CommandError } from '../model/errors.ts';
import { Slots } from '../io/slots.ts';
import { CommandRun, followChannel } from './command-run.ts';
import type { CommandChannel } from './command-run.ts';
import { inSeconds } from './in-seconds.ts';
import { lastLines } from './output-collector.ts';
import { RemoteShell, shellLoop } from './remote-shell.ts';
import type { Connection, RemoteOptions, RemoteResult } from './transport.ts';
import { uploadCommand } from './upload-command.ts';

/** An ssh connection that is up. */
export interface SshSession {
  /**
   * Starts a command. `onOpen` is called before anything of the command arrives, and must listen at once: the exit
   * status of a quick command comes in the same packet. Rejects when the connection is gone or the server refuses
   * another channel.
   */
  exec(command: string, onOpen: (channel: CommandChannel) => void): Promise<void>;
  /** Why the connection was lost, if it was. */
  lossReason(): string | undefined;
  end(): void;
}

/** sshd's MaxSessions is 10 unless configured; two are left for a person who looks in through the same connection. */
const shellsAtOnce = 6;
const uploadsAtOnce = 2;
/** Between the polite and the impolite signal. */
const killAfterMs = 2000;

/**
 * Multiplexes commands on one ssh session. A command without input runs in a shell that stays open for the next one;
 * a command with input has a channel of its own.
 */
export class SshConnection implements Connection {
  readonly machine: string;
  readonly #session: SshSession;
  readonly #clock: Clock;
  readonly #shellSlots = new Slots(shellsAtOnce);
  readonly #uploadSlots = new Slots(uploadsAtOnce);
  /** Shells that are open and have nothing to do. */
  readonly #idle = new Set<RemoteShell>();

  constructor(machine: string, session: SshSession, clock: Clock) {
    this.machine = machine;
    this.#session = session;
    this.#clock = clock;
  }

  async run(command: string, options: RemoteOptions): Promise<RemoteResult> {
    const deadline = new AbortController();
    const finished = new AbortController();
    const signal =
      options.signal === undefined ? deadline.signal : AbortSignal.any([options.signal, deadline.signal]);
    const attempt = new CommandRun(command, options);
    void this.#clock.sleep(options.timeoutMs, finished.signal).then(
      () => {
        deadline.abort(this.#timeout(command, options.timeoutMs, attempt.output()));
      },
      () => undefined,
    );
    try {
      const { input } = options;
      const slots = input === undefined ? this.#shellSlots : this.#uploadSlots;
      const giveBack = await slots.take(signal);
      const ended =
        input === undefined
          ? this.#runInShell(attempt, signal, giveBack)
          : this.#runInChannel(attempt, input, signal, giveBack);
      return await this.#result(attempt, ended, signal);
    } finally {
      finished.abort();
    }
  }

  async upload(
    content: string | Buffer,
    path: string,
    mode: string,
    options: Omit<RemoteOptions, 'input'>,
  ): Promise<void> {
    const input = Buffer.from(content);
    const result = await this.run(uploadCommand(path, mode, input.length), { ...options, input });
    if (result.exitCode === 0) return;
    throw new CommandError('LAB_SSH_FAILED', `Could not write ${path} on ${this.machine}.`, {
      machine: this.machine,
      command: `write ${path}`,
      output: lastLines(result.stderr, 15),
      hint: 'The user of the lab must be able to use sudo on the machine, and its disk must not be full.',
    });
  }

  close(): void {
    this.#session.end();
  }

  async #result(
    attempt: CommandRun,
    ended: Promise<number | undefined>,
    signal: AbortSignal,
  ): Promise<RemoteResult> {
    try {
      const exitCode = await untilAborted(ended, signal);
      if (exitCode !== undefined) return { exitCode, ...attempt.streams() };
    } catch (error) {
      signal.throwIfAborted();
      throw this.#lost(attempt, (error as Error).message, 'run the same command again to go on.');
    }
    const hint =
      'the command may still be at work there and was not run a second time. Run the same command again to go on.';
    throw this.#lost(attempt, 'the command ended without an exit status', hint);
  }

  /** A shell whose command was broken off, or ended it, is not used again; its slot is free when it is gone. */
  async #runInShell(
    attempt: CommandRun,
    signal: AbortSignal,
    giveBack: () => void,
  ): Promise<number | undefined> {
    const shell = await this.#openShell().catch((error: unknown) => {
      giveBack();
      throw error;
    });
    shell.channel.once('close', giveBack);
    const unwatch = this.#stopOnAbort(shell.channel, signal);
    const exitCode = await shell.run(attempt);
    unwatch();
    if (!signal.aborted && !shell.over) {
      shell.channel.off('close', giveBack);
      this.#idle.add(shell);
      giveBack();
    }
    return exitCode;
  }

  async #openShell(): Promise<RemoteShell> {
    for (const shell of this.#idle) {
      this.#idle.delete(shell);
      return shell;
    }
    return new Promise((resolve, reject) => {
      const onOpen = (channel: CommandChannel): void => {
        const shell = new RemoteShell(channel);
        channel.once('close', () => this.#idle.delete(shell));
        resolve(shell);
      };
      this.#session.exec(shellLoop, onOpen).catch(reject);
    });
  }

  #runInChannel(
    attempt: CommandRun,
    input: string | Buffer,
    signal: AbortSignal,
    giveBack: () => void,
  ): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const onOpen = (channel: CommandChannel): void => {
        channel.once('close', giveBack);
        followChannel(channel, attempt, input).then(resolve, reject);
        this.#stopOnAbort(channel, signal);
      };
      this.#session.exec(attempt.command, onOpen).catch((error: unknown) => {
        giveBack();
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
  }

  /** Gives back how to stop watching. */
  #stopOnAbort(channel: CommandChannel, signal: AbortSignal): () => void {
    const stop = (): void => {
      this.#stop(channel);
    };
    const unwatch = (): void => {
      signal.removeEventListener('abort', stop);
      channel.off('close', unwatch);
    };
    if (signal.aborted) {
      stop();
      return unwatch;
    }
    signal.addEventListener('abort', stop, { once: true });
    channel.once('close', unwatch);
    return unwatch;
  }

  #stop(channel: CommandChannel): void {
    const closed = new AbortController();
    channel.once('close', () => {
      closed.abort();
    });
    channel.signal('TERM');
    void this.#clock.sleep(killAfterMs, closed.signal).then(
      () => {
        channel.signal('KILL');
        channel.close();
      },
      () => undefined,
    );
  }

  #timeout(command: string, timeoutMs: number, output: string): CommandError {
    const message = `A command on ${this.machine} did not end within ${inSeconds(timeoutMs)} s.`;
    return new CommandError('LAB_COMMAND_TIMEOUT', message, { machine: this.machine, command, output });
  }

  #lost(attempt: CommandRun, reason: string, hint: string): CommandError {
    const why = this.#session.lossReason() ?? reason;
    return new CommandError('LAB_SSH_FAILED', `The ssh connection to ${this.machine} failed: ${why}.`, {
      machine: this.machine,
      command: attempt.command,
      output: attempt.output(),
      hint: `\`lab status\` shows whether ${this.machine} still runs; ${hint}`,
    });
  }
}

/** The promise's result, or a rejection with the signal's reason as soon as it aborts. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort);
    });
  });
}
