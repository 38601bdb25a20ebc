import { execFile, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

/** Version of the etcd that is installed here, or undefined. */
export const etcdVersion = /^etcd Version: (\S+)/.exec(
  spawnSync('etcd', ['--version'], { encoding: 'utf8' }).stdout,
)?.[1];

/** As many free loopback ports, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** A real etcd process on loopback ports. */
export class EtcdMember {
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  /** Exit status; `null` when a signal ended it. */
  readonly exited: Promise<number | null>;
  output = '';
  readonly #process: ChildProcess;

  /** `bootstrap`: the flags that say how it finds its cluster. */
  constructor(name: string, dataDir: string, ports: readonly [number, number], bootstrap: readonly string[]) {
    this.name = name;
    this.clientUrl = `http://127.0.0.1:${ports[0]}`;
    this.peerUrl = `http://127.0.0.1:${ports[1]}`;
    const flags = {
      name,
      'data-dir': dataDir,
      'listen-client-urls': this.clientUrl,
      'advertise-client-urls': this.clientUrl,
      'listen-peer-urls': this.peerUrl,
      'initial-advertise-peer-urls': this.peerUrl,
    };
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    const child = spawn('etcd', [...args, ...bootstrap], {
      env: { PATH: process.env['PATH'], ETCD_UNSUPPORTED_ARCH: process.arch },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (this.output += data.toString()));
    this.exited = new Promise((resolve) => child.once('close', resolve));
  }

  /** Ends it at once, as a machine that loses power. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.exited;
  }
}

/** What `etcdctl endpoint health` says of each member, with the exit status. */
export async function endpointHealth(
  members: readonly EtcdMember[],
): Promise<{ healthy: number; output: string }> {
  const endpoints = members.map(({ clientUrl }) => clientUrl).join(',');
  const env = { PATH: process.env['PATH'], ETCDCTL_API: '3' };
  const { stdout, stderr } = await promisify(execFile)(
    'etcdctl',
    ['--endpoints', endpoints, 'endpoint', 'health'],
    {
      env,
      timeout: 20_000,
    },
  ).catch((error: unknown) => error as { stdout: string; stderr: string });
  const output = stdout + stderr;
  return { healthy: output.match(/ is healthy/g)?.length ?? 0, output };
}
