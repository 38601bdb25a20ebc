import type { Machine, MachineObservation } from '../model/machine.ts';
import type { Clock } from '../io/clock.ts';
import { BugError, CommandError } from '../model/errors.ts';
import type { Provider } from '../providers/provider.ts';
import type { Connection, Transport } from '../transport/transport.ts';

export interface ConnectionPoolOptions {
  /** Called at the first connection. */
  transport: () => Promise<Transport>;
  provider: Provider;
  machines: readonly Machine[];
  projectDir: (project: string) => string;
  user: string;
  privateKeyPath: string;
  /** The key pinned for a machine, `TYPE BASE64`. */
  hostKey: (machine: string) => string | undefined;
  /** Keeps the key of a machine that had none. */
  pinHostKey: (machine: string, hostKey: string) => Promise<void>;
  timeoutMs: number;
  clock: Clock;
  signal: AbortSignal;
}

/** How often it is asked whether a machine that does not answer still runs. */
const askEveryMs = 4_000;

/** One ssh connection per machine, opened at first use and kept for the run. */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions;
  readonly #connections = new Map<string, Promise<Connection>>();

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
  }

  /**
   * The machine's connection. Throws LAB_SSH_FAILED or LAB_HOST_KEY_CHANGED; the next call then tries anew. With
   * `withinMs` it is given up earlier than it would be; where one is being opened already, its time holds.
   */
  async connect(name: string, withinMs = Infinity): Promise<Connection> {
    const known = this.#connections.get(name);
    if (known !== undefined) return known;
    const opening = this.#open(name, withinMs);
    this.#connections.set(name, opening);
    opening.catch(() => {
      if (this.#connections.get(name) === opening) this.#connections.delete(name);
    });
    return opening;
  }

  /** Forgets the machine's connection: it is about to go away, or was found broken. */
  disconnect(name: string): void {
    const connection = this.#connections.get(name);
    this.#connections.delete(name);
    connection?.then(
      (open) => {
        open.close();
      },
      () => undefined,
    );
  }

  close(): void {
    for (const name of [...this.#connections.keys()]) this.disconnect(name);
  }

  async #open(name: string, withinMs: number): Promise<Connection> {
    const { transport, provider, machines, projectDir, user, privateKeyPath, timeoutMs, signal } =
      this.#options;
    const machine = machines.find((candidate) => candidate.name === name);
    if (machine === undefined) throw new BugError('LAB_BUG', `The lab has no machine "${name}".`);
    const pinned = this.#options.hostKey(name);
    let firstKey: string | undefined;
    const running = this.#watch(machine);
    const opening = transport().then(async (ssh) =>
      ssh.connect({
        machine: name,
        endpoint: await provider.endpoint(projectDir(machine.project), machine, 22, signal),
        user,
        privateKeyPath,
        ...(pinned === undefined ? {} : { hostKey: pinned }),
        onHostKey: (hostKey) => {
          firstKey = hostKey;
        },
        timeoutMs: Math.min(timeoutMs, withinMs),
        signal: AbortSignal.any([signal, running.signal]),
      }),
    );
    const connection = await opening.finally(running.end);
    if (pinned === undefined && firstKey !== undefined) await this.#options.pinHostKey(name, firstKey);
    return connection;
  }

  /** A machine that has stopped need not be waited for: the signal aborts with LAB_SSH_FAILED when the provider says so. */
  #watch({ name, project }: Machine): { signal: AbortSignal; end: () => void } {
    const { provider, projectDir, clock, signal } = this.#options;
    const stopped = new AbortController();
    const ended = new AbortController();
    const watch = async (): Promise<void> => {
      while (!stopped.signal.aborted) {
        await clock.sleep(askEveryMs, AbortSignal.any([signal, ended.signal]));
        const [seen] = await provider.observe(projectDir(project), [name], signal);
        if (seen?.state === 'stopped' || seen?.state === 'absent') stopped.abort(notRunning(seen));
      }
    };
    // It rejects when it is ended, which is all it is for, or where the provider does not answer: then nothing is known.
    watch().catch(() => undefined);
    return {
      signal: stopped.signal,
      end: () => {
        ended.abort();
      },
    };
  }
}

function notRunning({ name, state, detail }: MachineObservation): CommandError {
  return new CommandError(
    'LAB_SSH_FAILED',
    `${name} cannot be reached over ssh: it does not run (${detail ?? state}).`,
    { machine: name, hint: '`lab up SCENARIO` starts it, or makes it again, and goes on.' },
  );
}
