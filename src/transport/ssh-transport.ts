import { readFile } from 'node:fs/promises';
import { Client } from 'ssh2';
import type { Clock } from '../io/clock.ts';
import { CommandError } from '../model/errors.ts';
import { fingerprint, formatHostKey, hostKeyPreference, sameHostKey } from './host-key.ts';
import { inSeconds } from './in-seconds.ts';
import { SshConnection } from './ssh-connection.ts';
import type { SshSession } from './ssh-connection.ts';
import type { ConnectOptions, Connection, Transport } from './transport.ts';

/**
 * A port that is silent, or that says something else than ssh, must not use up the whole time. On a machine that is very
 * slow a handshake takes longer: each attempt is given twice as much as the one before.
 */
const firstAttemptMs = 5000;
const longestAttemptMs = 20_000;
const pauseMs = 250;
/** A machine that vanished is noticed after about four of these. */
const keepaliveIntervalMs = 5000;

/** A failed attempt to connect. */
interface Failure {
  reason: string;
  /** sshd is not ready yet, or not yet there: another attempt can succeed. */
  transient: boolean;
  error?: CommandError;
}

/** Connects with ssh2, in this process: a command on an open connection takes milliseconds where `ssh` takes a second. */
export class SshTransport implements Transport {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async connect(options: ConnectOptions): Promise<Connection> {
    const privateKey = await readPrivateKey(options);
    const deadline = this.#clock.elapsed() + options.timeoutMs;
    for (let attemptMs = firstAttemptMs; ; attemptMs = Math.min(2 * attemptMs, longestAttemptMs)) {
      options.signal?.throwIfAborted();
      const remaining = Math.max(1, deadline - this.#clock.elapsed());
      const attempt = new Attempt(options, privateKey, Math.min(attemptMs, remaining));
      const outcome = await attempt.start();
      if ('session' in outcome) return new SshConnection(options.machine, outcome.session, this.#clock);
      if (outcome.error !== undefined) throw outcome.error;
      if (!outcome.transient || this.#clock.elapsed() + pauseMs >= deadline) {
        throw unreachable(options, outcome);
      }
      await this.#clock.sleep(pauseMs, options.signal);
    }
  }
}

/** One try to get an ssh session. */
class Attempt {
  readonly #client = new Client();
  readonly #options: ConnectOptions;
  readonly #privateKey: Buffer;
  readonly #timeoutMs: number;
  #shownKey: string | undefined;
  #banner = '';
  #lossReason: string | undefined;

  constructor(options: ConnectOptions, privateKey: Buffer, timeoutMs: number) {
    this.#options = options;
    this.#privateKey = privateKey;
    this.#timeoutMs = timeoutMs;
  }

  /** Never rejects except with the signal's reason. */
  start(): Promise<Failure | { session: SshSession }> {
    return new Promise((resolve, reject) => {
      const { signal } = this.#options;
      const onAbort = (): void => {
        this.#client.destroy();
        reject(signal?.reason as Error);
      };
      const settle = (outcome: Failure | { session: SshSession }): void => {
        signal?.removeEventListener('abort', onAbort);
        if (!('session' in outcome)) this.#client.destroy();
        resolve(outcome);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#client
        .on('banner', (text) => {
          this.#banner = text.trim();
        })
        .on('error', (error: Error & { level?: string }) => {
          this.#lossReason ??= error.message;
          settle(this.#failure(error));
        })
        .on('close', () => {
          this.#lossReason ??= 'the machine closed the connection';
          settle({ reason: this.#withBanner('the machine closed the connection'), transient: true });
        })
        .on('ready', () => {
          // Nagle's algorithm waits 40 ms for an answer to each of the small packets that start a command.
          this.#client.setNoDelay(true);
          if (this.#options.hostKey === undefined) this.#options.onHostKey(this.#shownKey ?? '');
          settle({ session: this.#session() });
        });
      this.#connect(settle);
    });
  }

  #connect(settle: (failure: Failure) => void): void {
    const { endpoint, user, hostKey } = this.#options;
    try {
      this.#client.connect({
        host: endpoint.host,
        port: endpoint.port,
        username: user,
        privateKey: this.#privateKey,
        authHandler: ['publickey'],
        algorithms: { serverHostKey: hostKeyPreference(hostKey) },
        hostVerifier: (blob: Buffer) => this.#acceptHostKey(formatHostKey(blob)),
        readyTimeout: this.#timeoutMs,
        keepaliveInterval: keepaliveIntervalMs,
        keepaliveCountMax: 3,
      });
    } catch (error) {
      // ssh2 parses the private key here.
      settle({ reason: (error as Error).message, transient: false });
    }
  }

  #acceptHostKey(shown: string): boolean {
    this.#shownKey = shown;
    return this.#options.hostKey === undefined || sameHostKey(shown, this.#options.hostKey);
  }

  #failure(error: Error & { level?: string }): Failure {
    const { hostKey } = this.#options;
    if (hostKey !== undefined && this.#shownKey !== undefined && !sameHostKey(this.#shownKey, hostKey)) {
      const changed = hostKeyChanged(this.#options, hostKey, this.#shownKey);
      return { reason: changed.message, transient: false, error: changed };
    }
    if (error.level === 'client-authentication') {
      return { reason: error.message, transient: false, error: notAuthenticated(this.#options) };
    }
    // ssh2 gives a level to all its errors but those about the first line, in which ssh names itself.
    if (error.level === undefined && this.#shownKey === undefined) {
      return { reason: `what answers there is no ssh server (${error.message})`, transient: true };
    }
    // `handshake`: the two sides have no algorithm in common; the next attempt would end the same way.
    return { reason: this.#withBanner(error.message), transient: error.level !== 'handshake' };
  }

  /** While a machine boots, pam_nologin says so in a banner and closes the connection. */
  #withBanner(reason: string): string {
    return this.#banner === '' ? reason : `${reason} (it says: ${this.#banner})`;
  }

  #session(): SshSession {
    const client = this.#client;
    return {
      exec: (command, onOpen) =>
        new Promise((resolve, reject) => {
          client.exec(command, (error, channel) => {
            if (error !== undefined) {
              reject(error);
              return;
            }
            onOpen(channel);
            resolve();
          });
        }),
      lossReason: () => this.#lossReason,
      end: () => {
        this.#lossReason ??= 'lab closed it';
        client.end();
      },
    };
  }
}

async function readPrivateKey(options: ConnectOptions): Promise<Buffer> {
  try {
    return await readFile(options.privateKeyPath);
  } catch (cause) {
    throw new CommandError(
      'LAB_SSH_FAILED',
      `Cannot read the private key ${options.privateKeyPath}: ${(cause as Error).message}`,
      { machine: options.machine, hint: '`lab destroy` and `lab up` make a new key.', cause },
    );
  }
}

function unreachable(options: ConnectOptions, failure: Failure): CommandError {
  const { machine, endpoint, user, privateKeyPath } = options;
  const time = failure.transient ? ` within ${inSeconds(options.timeoutMs)} s` : '';
  return new CommandError(
    'LAB_SSH_FAILED',
    `${machine} cannot be reached over ssh at ${endpoint.host}:${endpoint.port}${time}: ${failure.reason}`,
    {
      machine,
      command: `ssh -i ${privateKeyPath} -p ${endpoint.port} ${user}@${endpoint.host}`,
      hint: '`lab status` shows whether the machine runs; run the same command again to go on.',
    },
  );
}

function notAuthenticated(options: ConnectOptions): CommandError {
  const { machine, endpoint, user, privateKeyPath } = options;
  return new CommandError(
    'LAB_SSH_FAILED',
    `${machine} does not accept the lab's key for the user ${user}.`,
    {
      machine,
      command: `ssh -i ${privateKeyPath} -p ${endpoint.port} ${user}@${endpoint.host}`,
      hint: `The machine was made with another key, or its authorized_keys was changed: \`lab destroy\` and \`lab up\` make it again.`,
    },
  );
}

function hostKeyChanged(options: ConnectOptions, pinned: string, shown: string): CommandError {
  const { machine, endpoint } = options;
  return new CommandError(
    'LAB_HOST_KEY_CHANGED',
    `The host key of ${machine} (${endpoint.host}:${endpoint.port}) is ${describeKey(shown)}, ` +
      `and the one that was pinned is ${describeKey(pinned)}.`,
    {
      machine,
      hint: 'Nothing was sent to it. If you made the machine or its key again yourself: `lab destroy` and `lab up`. If not, something else answers at its address: `lab status` shows the machines.',
    },
  );
}

function describeKey(hostKey: string): string {
  return `${hostKey.split(' ')[0] ?? ''} ${fingerprint(hostKey)}`;
}
