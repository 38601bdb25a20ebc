import type { Machine } from '../model/machine.ts';
import { BugError } from '../model/errors.ts';
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
  signal: AbortSignal;
}

/** One ssh connection per machine, opened at first use and kept for the run. */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions;
  readonly #connections = new Map<string, Promise<Connection>>();

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
  }

  /** The machine's connection. Throws LAB_SSH_FAILED or LAB_HOST_KEY_CHANGED; the next call then tries anew. */
  async connect(name: string): Promise<Connection> {
    const known = this.#connections.get(name);
    if (known !== undefined) return known;
    const opening = this.#open(name);
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

  async #open(name: string): Promise<Connection> {
    const { transport, provider, machines, projectDir, user, privateKeyPath, timeoutMs, signal } =
      this.#options;
    const machine = machines.find((candidate) => candidate.name === name);
    if (machine === undefined) throw new BugError('LAB_BUG', `The lab has no machine "${name}".`);
    const pinned = this.#options.hostKey(name);
    let firstKey: string | undefined;
    const connection = await (
      await transport()
    ).connect({
      machine: name,
      endpoint: await provider.endpoint(projectDir(machine.project), machine, 22, signal),
      user,
      privateKeyPath,
      ...(pinned === undefined ? {} : { hostKey: pinned }),
      onHostKey: (hostKey) => {
        firstKey = hostKey;
      },
      timeoutMs,
      signal,
    });
    if (pinned === undefined && firstKey !== undefined) await this.#options.pinHostKey(name, firstKey);
    return connection;
  }
}
