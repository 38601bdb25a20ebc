import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/io/clock.ts';
import type { Clock } from '../../../src/io/clock.ts';
import type { LabError } from '../../../src/model/errors.ts';
import { fingerprint } from '../../../src/transport/host-key.ts';
import { SshTransport } from '../../../src/transport/ssh-transport.ts';
import { loopbackSshServer } from '../../support/loopback-ssh-server.ts';
import type { CommandBehaviour, LoopbackSshServer } from '../../support/loopback-ssh-server.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function serverThat(behave: CommandBehaviour, options?: { banner?: string }): LoopbackSshServer {
  const server = loopbackSshServer(behave, options);
  cleanups.push(server.close);
  return server;
}

async function connectionTo(behave: CommandBehaviour) {
  const server = serverThat(behave);
  await server.listen();
  const connection = await new SshTransport(systemClock).connect(server.connectOptions());
  cleanups.push(() => {
    connection.close();
  });
  return { server, connection };
}

async function failureOf(promise: Promise<unknown>): Promise<LabError> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as LabError,
  );
}

/** A TCP server that is no sshd, or not yet. */
async function tcpServer(onSocket: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    onSocket(socket);
  });
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

describe('run', () => {
  it('collects both streams, reports lines as they come and gives the exit code', async () => {
    const { connection } = await connectionTo((channel) => {
      const word = Buffer.from('naïve\r\n');
      channel.write(word.subarray(0, 3));
      channel.write(word.subarray(3));
      channel.stderr.write('warning\nno newline');
      channel.exit(3);
      channel.end();
    });
    const lines: string[] = [];
    const result = await connection.run('etcdctl member list', {
      timeoutMs: 2000,
      onLine: (line, stream) => lines.push(`${stream}: ${line}`),
    });
    expect(result).toEqual({ exitCode: 3, stdout: 'naïve\r\n', stderr: 'warning\nno newline' });
    expect(lines.sort()).toEqual(['stderr: no newline', 'stderr: warning', 'stdout: naïve']);
  });

  it('gives the command its input', async () => {
    const { connection } = await connectionTo((channel) => {
      channel.pipe(channel, { end: false });
      channel.on('end', () => {
        channel.exit(0);
        channel.end();
      });
    });
    const input = 'x'.repeat(300_000);
    const result = await connection.run('cat', { timeoutMs: 2000, input });
    expect(result.stdout).toBe(input);
  });

  it('gives 128 plus the number of the signal that ended the command', async () => {
    const { connection } = await connectionTo((channel) => {
      channel.exit('KILL');
      channel.end();
    });
    expect((await connection.run('etcd', { timeoutMs: 2000 })).exitCode).toBe(137);
  });

  it('keeps the end of an output without bounds and says that it did', async () => {
    const { connection } = await connectionTo((channel) => {
      channel.write('x'.repeat(5 * 1024 * 1024));
      channel.write('the end');
      channel.exit(0);
      channel.end();
    });
    const { stdout } = await connection.run('yes', { timeoutMs: 5000 });
    expect(stdout.slice(0, 60)).toMatch(/^\[the first 1048583 characters were left out\]\nxxx/);
    expect(stdout.endsWith('xthe end')).toBe(true);
    expect(stdout.length).toBeLessThan(4.1 * 1024 * 1024);
  });

  it('runs many commands on one connection, in not more than 6 shells, which stay open', async () => {
    const { server, connection } = await connectionTo((channel, command) => {
      setImmediate(() => {
        channel.write(command);
        channel.exit(0);
        channel.end();
      });
    });
    const commands = Array.from({ length: 40 }, (_, index) => `echo ${String(index)}`);
    const results = await Promise.all(
      commands.map((command) => connection.run(command, { timeoutMs: 2000 })),
    );
    expect(results.map((result) => result.stdout)).toEqual(commands);
    expect(server.mostChannels()).toBe(6);
    expect(server.connections).toHaveLength(1);
    await connection.run('echo again', { timeoutMs: 2000 });
    expect(server.mostChannels()).toBe(6);
  });

  it('ends a command that takes too long: LAB_COMMAND_TIMEOUT with its last lines', async () => {
    const signals: string[] = [];
    const { connection } = await connectionTo((channel, _command, session) => {
      channel.write('waiting for quorum\n');
      session.on('signal', (_accept, _reject, info) => {
        signals.push(info.name);
        channel.exit('TERM');
        channel.end();
      });
    });
    const error = await failureOf(connection.run('etcdctl watch x', { timeoutMs: 80 }));
    expect(error).toMatchObject({
      code: 'LAB_COMMAND_TIMEOUT',
      message: 'A command on core-01 did not end within 0.08 s.',
      details: { machine: 'core-01', command: 'etcdctl watch x', output: 'waiting for quorum' },
    });
    await expect.poll(() => signals).toEqual(['TERM']);
  });

  it('reports a connection that breaks under a command: LAB_SSH_FAILED', async () => {
    const { server, connection } = await connectionTo((channel) => {
      channel.write('half of it\n');
      setImmediate(() => server.connections[0]?.end());
    });
    const error = await failureOf(connection.run('docker pull x', { timeoutMs: 2000 }));
    expect(error).toMatchObject({
      code: 'LAB_SSH_FAILED',
      message: 'The ssh connection to core-01 failed: the machine closed the connection.',
      details: {
        machine: 'core-01',
        command: 'docker pull x',
        output: 'half of it',
        hint: expect.stringMatching(
          /lab status.*may still be at work there.*not run a second time/,
        ) as string,
      },
    });
    const next = await failureOf(connection.run('true', { timeoutMs: 2000 }));
    expect(next.code).toBe('LAB_SSH_FAILED');
  });

  it('ends with the reason of the signal, also while it waits for its turn', async () => {
    const { connection } = await connectionTo(() => undefined);
    const controller = new AbortController();
    const runs = Array.from({ length: 9 }, () =>
      failureOf(connection.run('sleep 100', { timeoutMs: 5000, signal: controller.signal })),
    );
    const reason = new Error('Ctrl-C');
    setImmediate(() => {
      controller.abort(reason);
    });
    expect(await Promise.all(runs)).toEqual(Array.from({ length: 9 }, () => reason));
  });
});

describe('connect', () => {
  it('takes the first host key and reports it, accepts it when it is pinned and refuses another', async () => {
    const server = serverThat(() => undefined);
    await server.listen();
    const transport = new SshTransport(systemClock);
    const reported: string[] = [];
    const onHostKey = (key: string): void => {
      reported.push(key);
    };
    (await transport.connect(server.connectOptions({ onHostKey }))).close();
    expect(reported).toEqual([server.hostKey]);

    (await transport.connect(server.connectOptions({ onHostKey, hostKey: server.hostKey }))).close();
    expect(reported).toHaveLength(1);

    const other = serverThat(() => undefined).hostKey;
    const error = await failureOf(transport.connect(server.connectOptions({ hostKey: other })));
    expect(error.code).toBe('LAB_HOST_KEY_CHANGED');
    expect(error.message).toContain(fingerprint(server.hostKey));
    expect(error.message).toContain(fingerprint(other));
  });

  it('waits for an sshd that does not listen yet', async () => {
    const server = serverThat(() => undefined);
    await server.listen();
    const port = server.port;
    server.close();
    const late = serverThat(() => undefined);
    const pauses: number[] = [];
    const clock: Clock = {
      now: () => 0,
      elapsed: () => pauses.length * 250,
      sleep: async (ms) => {
        pauses.push(ms);
        if (pauses.length === 3) await late.listen(port);
      },
    };
    const options = late.connectOptions({ endpoint: { host: '127.0.0.1', port } });
    const connection = await new SshTransport(clock).connect(options);
    connection.close();
    expect(pauses).toEqual([250, 250, 250]);
  });

  it('tries again when sshd hangs up before it says anything', async () => {
    const real = serverThat(() => undefined);
    await real.listen();
    let count = 0;
    const { port } = await tcpServer((socket) => {
      count += 1;
      if (count < 3) socket.end();
      else connectThrough(socket, real.port);
    });
    const options = real.connectOptions({ endpoint: { host: '127.0.0.1', port } });
    const connection = await new SshTransport(instantClock()).connect(options);
    connection.close();
    expect(count).toBe(3);
  });

  it.each([
    ['is silent', () => undefined, /Timed out while waiting for handshake/],
    [
      'says something else than ssh',
      (socket: Socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      /Timed out/,
    ],
    [
      'sends random bytes and stays open',
      (socket: Socket) => socket.write(randomBytes(4096)),
      /what answers there is no ssh server|Timed out/,
    ],
    ['hangs up at once', (socket: Socket) => socket.end(), /Connection lost before handshake|ECONNRESET/],
    ['is closed', undefined, /ECONNREFUSED/],
  ])('gives up when its time is over and the port %s', async (_what, onSocket, reason) => {
    const { server, port } = await tcpServer(onSocket ?? (() => undefined));
    if (onSocket === undefined) server.close();
    const options = serverThat(() => undefined).connectOptions({
      endpoint: { host: '127.0.0.1', port },
      timeoutMs: 300,
    });
    const error = await failureOf(new SshTransport(systemClock).connect(options));
    expect(error.code).toBe('LAB_SSH_FAILED');
    expect(error.message).toMatch(/^core-01 cannot be reached over ssh at 127\.0\.0\.1:\d+ within 0\.3 s: /);
    expect(error.message).toMatch(reason);
  });

  it('reads little of a first line that does not end, in each attempt', async () => {
    let taken = 0;
    let attempts = 0;
    const { port } = await tcpServer((socket) => {
      attempts += 1;
      const line = 'x'.repeat(64 * 1024);
      const more = (): void => {
        if (!socket.destroyed) socket.write(line, more);
      };
      socket.once('close', () => (taken += socket.bytesWritten - socket.writableLength));
      more();
    });
    const options = serverThat(() => undefined).connectOptions({
      endpoint: { host: '127.0.0.1', port },
      timeoutMs: 600,
    });
    const error = await failureOf(new SshTransport(systemClock).connect(options));
    expect(error.message).toContain(
      'within 0.6 s: what answers there is no ssh server (Header line too long)',
    );
    expect(attempts).toBeGreaterThan(1);
    // What the kernel holds of a connection is counted too.
    expect(taken / attempts).toBeLessThan(8 * 1024 * 1024);
  });

  it('does not try again when the key is refused', async () => {
    const server = serverThat(() => undefined);
    await server.listen();
    const otherKey = serverThat(() => undefined).privateKeyPath;
    const error = await failureOf(
      new SshTransport(systemClock).connect(server.connectOptions({ privateKeyPath: otherKey })),
    );
    expect(error.message).toBe("core-01 does not accept the lab's key for the user core.");
    expect(error.details.hint).toMatch(/lab destroy/);
    expect(server.connections).toHaveLength(1);
  });

  it('stops trying when it is told to', async () => {
    const { port } = await tcpServer(() => undefined);
    const controller = new AbortController();
    const options = serverThat(() => undefined).connectOptions({
      endpoint: { host: '127.0.0.1', port },
      signal: controller.signal,
    });
    const failure = failureOf(new SshTransport(systemClock).connect(options));
    controller.abort(new Error('Ctrl-C'));
    expect((await failure).message).toBe('Ctrl-C');
  });
});

function instantClock(): Clock {
  let now = 0;
  return {
    now: () => 0,
    elapsed: () => now,
    sleep: (ms) => {
      now += ms;
      return Promise.resolve();
    },
  };
}

function connectThrough(socket: Socket, port: number): void {
  void import('node:net').then(({ connect }) => {
    const onward = connect(port, '127.0.0.1');
    onward.on('error', () => undefined);
    socket.pipe(onward).pipe(socket);
  });
}
