import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ssh2 from 'ssh2';
import type { Connection, ServerChannel, Session } from 'ssh2';
import type { ConnectOptions } from '../../src/transport/transport.ts';

/** What the server does with a command; `session` hears signals. */
export type CommandBehaviour = (channel: ServerChannel, command: string, session: Session) => void;

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
        behave(channel, info.command, session);
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
