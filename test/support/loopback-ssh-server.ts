import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ssh2 from 'ssh2';
import type { Connection, ServerChannel, Session } from 'ssh2';
import { shellLoop } from '../../src/transport/remote-shell.ts';
import type { ConnectOptions } from '../../src/transport/transport.ts';

/** What the server does with a command; `session` hears signals. */
export type CommandBehaviour = (channel: ServerChannel, command: string, session: Session) => void;

/** Stands for the shell that runs one command after the other: `behave` sees each as if it had a channel of its own. */
function serveShell(channel: ServerChannel, session: Session, behave: CommandBehaviour): void {
  let input = '';
  channel.on('data', (data: Buffer) => {
    input += data.toString();
    const [, mark, count] = /^(\S+) (\d+)\n/.exec(input) ?? [];
    const lines = input.split('\n').slice(1);
    if (mark === undefined || lines.length <= Number(count)) return;
    input = lines.slice(Number(count)).join('\n');
    behave(commandSide(channel, mark), lines.slice(0, Number(count)).join('\n'), session);
  });
}

/** A channel whose end is that of one command: the mark with its exit status, or the end of the shell by a signal. */
function commandSide(channel: ServerChannel, mark: string): ServerChannel {
  let status: number | string = 0;
  const own: Record<string, unknown> = {
    exit: (code: number | string) => {
      status = code;
    },
    end: () => {
      if (typeof status === 'string') {
        channel.exit(status);
        channel.end();
        return;
      }
      // ssh2's own server loses what it writes to one stream while the other waits for the channel's window.
      channel.write(`${mark} ${String(status)}\n`, () => {
        channel.stderr.write(`${mark}\n`);
      });
    },
  };
  return new Proxy(channel, {
    get: (target, name) => {
      const value: unknown = own[String(name)] ?? Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** A real ssh server on loopback whose commands are functions of the test. */
export interface LoopbackSshServer {
  port: number;
  /** `TYPE BASE64` of its host key. */
  hostKey: string;
  privateKeyPath: string;
  connections: Connection[];
  /** Largest number of channels that were open at the same time. */
  mostChannels: () => number;
  connectOptions: (changes?: Partial<ConnectOptions>) => ConnectOptions;
  listen: (port?: number) => Promise<void>;
  close: () => void;
}

/** Makes the server; it does not listen before `listen` is called. It takes the user `core` with its own key. */
export function loopbackSshServer(
  behave: CommandBehaviour,
  options: { banner?: string } = {},
): LoopbackSshServer {
  const directory = mkdtempSync(path.join(tmpdir(), 'lab-ssh-'));
  const userKey = generateKeyPair();
  const hostKeyPair = generateKeyPair();
  const privateKeyPath = path.join(directory, 'id_ed25519');
  writeFileSync(privateKeyPath, userKey.private, { mode: 0o600 });
  const accepted = userKey.public.split(' ').slice(0, 2).join(' ');
  const connections: Connection[] = [];
  let open = 0;
  let most = 0;
  const server = new ssh2.Server({ hostKeys: [hostKeyPair.private], ...options }, (connection) => {
    connections.push(connection);
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      const known =
        context.method === 'publickey' &&
        `${context.key.algo} ${context.key.data.toString('base64')}` === accepted;
      if (known && context.username === 'core') context.accept();
      else context.reject(['publickey']);
    });
    connection.on('session', (accept) => {
      const session = accept();
      session.on('exec', (acceptExec, _reject, info) => {
        const channel = acceptExec();
        open += 1;
        most = Math.max(most, open);
        channel.on('close', () => {
          open -= 1;
        });
        if (info.command === shellLoop) serveShell(channel, session, behave);
        else behave(channel, info.command, session);
        // A channel whose input nobody reads never says that it has closed.
        if (channel.readableFlowing === null) channel.resume();
      });
    });
  });
  const result: LoopbackSshServer = {
    port: 0,
    hostKey: hostKeyPair.public.trim(),
    privateKeyPath,
    connections,
    mostChannels: () => most,
    connectOptions: (changes = {}) => ({
      machine: 'core-01',
      endpoint: { host: '127.0.0.1', port: result.port },
      user: 'core',
      privateKeyPath,
      onHostKey: () => undefined,
      timeoutMs: 3000,
      ...changes,
    }),
    listen: (port = 0) =>
      new Promise((resolve) => {
        server.listen(port, '127.0.0.1', () => {
          result.port = (server.address() as AddressInfo).port;
          resolve();
        });
      }),
    close: () => {
      for (const connection of connections) connection.end();
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return result;
}

/** About one in 300 of the keys that ssh2 1.17 makes cannot be read by ssh2 itself. */
function generateKeyPair(): { private: string; public: string } {
  const pair = ssh2.utils.generateKeyPairSync('ed25519');
  return ssh2.utils.parseKey(pair.private) instanceof Error ? generateKeyPair() : pair;
}
