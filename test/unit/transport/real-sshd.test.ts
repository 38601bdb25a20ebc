import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/io/clock.ts';
import { quoteShell } from '../../../src/provision/quote.ts';
import { SshTransport } from '../../../src/transport/ssh-transport.ts';
import type { Connection } from '../../../src/transport/transport.ts';

const sshd = '/usr/sbin/sshd';
const run = promisify(execFile);
const sshdPresent = existsSync(sshd) && existsSync('/usr/bin/ssh-keygen');
const directory = mkdtempSync(path.join(tmpdir(), 'lab-sshd-'));
const at = (name: string): string => path.join(directory, name);

let daemon: ChildProcess | undefined;
let connection: Connection;
let reportedKey = '';

/** An ordinary process on a loopback port, with keys and settings of its own. */
async function startSshd(port: number): Promise<void> {
  for (const name of ['host_key', 'user_key']) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', at(name)]);
  }
  writeFileSync(at('authorized_keys'), readFileSync(at('user_key.pub')), { mode: 0o600 });
  mkdirSync(at('bin'));
  // Machines have sudo; this host need not.
  writeFileSync(at('bin/sudo'), '#!/bin/sh\n[ "$1" = -n ] && shift\nexec "$@"\n');
  chmodSync(at('bin/sudo'), 0o755);
  const settings = [
    `Port ${String(port)}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${at('host_key')}`,
    `AuthorizedKeysFile ${at('authorized_keys')}`,
    `PidFile ${at('sshd.pid')}`,
    `SetEnv PATH=${at('bin')}:/usr/bin:/bin`,
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'StrictModes no',
    'UsePAM no',
  ];
  writeFileSync(at('sshd_config'), settings.join('\n'));
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
  daemon = spawn(sshd, ['-D', '-e', '-f', at('sshd_config')], { stdio: 'ignore' });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.skipIf(!sshdPresent)('a real sshd (skipped where openssh-server is not installed)', () => {
  beforeAll(async () => {
    const port = await freePort();
    await startSshd(port);
    connection = await new SshTransport(systemClock).connect({
      machine: 'core-01',
      endpoint: { host: '127.0.0.1', port },
      user: userInfo().username,
      privateKeyPath: at('user_key'),
      onHostKey: (key) => {
        reportedKey = key;
      },
      timeoutMs: 10_000,
    });
  });

  afterAll(() => {
    connection.close();
    daemon?.kill();
    rmSync(directory, { recursive: true, force: true });
  });

  it('reports the host key that is in its file', () => {
    expect(readFileSync(at('host_key.pub'), 'utf8').trim()).toBe(reportedKey);
  });

  it('runs commands with exit status, both streams and an empty standard input', async () => {
    const result = await connection.run("cat; echo out; echo err >&2; # the end's quote", {
      timeoutMs: 5000,
    });
    expect(result).toEqual({ exitCode: 0, stdout: 'out\n', stderr: 'err\n' });
    expect((await connection.run('exit 7', { timeoutMs: 5000 })).exitCode).toBe(7);
    expect((await connection.run('kill -9 $$', { timeoutMs: 5000 })).exitCode).toBe(137);
    expect((await connection.run('if', { timeoutMs: 5000 })).exitCode).not.toBe(0);
  });

  it('reads far more than fits into the window of a channel, on both streams, and goes on', async () => {
    const much = 'head -c 3000000 /dev/zero | tr "\\0" x';
    const result = await connection.run(`(${much}) & (${much}) >&2; wait`, { timeoutMs: 5000 });
    expect([result.stdout.length, result.stderr.length]).toEqual([3_000_000, 3_000_000]);
    expect((await connection.run('echo next', { timeoutMs: 5000 })).stdout).toBe('next\n');
  });

  it('runs twelve commands at once, although sshd allows ten sessions', async () => {
    const numbers = Array.from({ length: 12 }, (_, index) => String(index));
    const results = await Promise.all(
      numbers.map((number) => connection.run(`echo ${number}`, { timeoutMs: 5000 })),
    );
    expect(results.map((result) => result.stdout.trim())).toEqual(numbers);
  });

  // sshd passes no signals on for root ("session signalling requires privilege separation").
  it.skipIf(userInfo().uid === 0)('ends the processes of a command that takes too long', async () => {
    const marker = `8${String(process.pid)}`;
    await expect(connection.run(`sleep ${marker} | cat`, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'LAB_COMMAND_TIMEOUT',
    });
    const alive = async (): Promise<string> =>
      (await connection.run(`pgrep -x -f 'sleep ${marker}' || true`, { timeoutMs: 5000 })).stdout;
    await expect.poll(alive).toBe('');
  });

  it('leaves no listener behind on a shell that runs one command after the other', async () => {
    const warnings: string[] = [];
    const warn = (warning: Error): number => warnings.push(warning.message);
    process.on('warning', warn);
    for (let count = 0; count < 15; count += 1) await connection.run('true', { timeoutMs: 5000 });
    process.off('warning', warn);
    expect(warnings).toEqual([]);
  });

  it('uploads a file: bytes, mode, folder, and nothing beside it', async () => {
    const target = at("new folder/it's.bin");
    const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 256));
    await connection.upload('old', target, '0600', { timeoutMs: 5000 });
    await connection.upload(content, target, '0755', { timeoutMs: 5000 });
    expect(readFileSync(target).equals(content)).toBe(true);
    expect(statSync(target).mode & 0o777).toBe(0o755);
    expect(readdirSync(path.dirname(target))).toEqual(["it's.bin"]);
  });

  it('hands on any value and any path as they are, and refuses what cannot be one', async () => {
    const hostile = [
      '$(id) `id`',
      "'; id; '",
      '-rf',
      '\n; id\n',
      '#{id} %n',
      '\u001b[31m\u202e',
      '"\\" *',
      '\u001e0 1',
    ];
    for (const value of hostile) {
      const { stdout, stderr } = await connection.run(`printf '%s' ${quoteShell(value)}`, {
        timeoutMs: 5000,
      });
      expect([stdout, stderr]).toEqual([value, '']);
      await connection.upload(value, at(`hostile/${value}`), '0600', { timeoutMs: 5000 });
    }
    expect(readdirSync(at('hostile')).sort()).toEqual([...hostile].sort());
    for (const value of hostile) expect(readFileSync(at(`hostile/${value}`), 'utf8')).toBe(value);
    const nul = connection.upload('x', at('hostile/a\0b'), '0600', { timeoutMs: 5000 });
    await expect(nul).rejects.toThrow('NUL');
  });

  it('leaves the old file as it was when an upload fails', async () => {
    mkdirSync(at('taken/inside'), { recursive: true });
    const failure = connection.upload('new', at('taken'), '0644', { timeoutMs: 5000 });
    await expect(failure).rejects.toMatchObject({
      code: 'LAB_SSH_FAILED',
      details: { output: `${at('taken')} is a directory` },
    });
    expect(readdirSync(directory).filter((name) => name.startsWith('taken'))).toEqual(['taken']);
  });

  it('notices that sshd is gone', async () => {
    const running = connection.run('echo started; sleep 5', { timeoutMs: 30_000, onLine: killSession });
    await expect(running).rejects.toMatchObject({ code: 'LAB_SSH_FAILED', details: { output: 'started' } });
  });
});

/** Ends the sshd process of our own session, which is the child of the daemon that this test started. */
function killSession(): void {
  if (daemon?.pid !== undefined) void run('pkill', ['-KILL', '-P', String(daemon.pid)]);
}
