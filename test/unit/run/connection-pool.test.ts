import { describe, expect, it } from 'vitest';
import { BugError, CommandError } from '../../../src/model/errors.ts';
import type { Provider } from '../../../src/providers/provider.ts';
import { ConnectionPool } from '../../../src/run/connection-pool.ts';
import type { ConnectOptions, Connection } from '../../../src/transport/transport.ts';
import { virtualClock } from '../../support/virtual-clock.ts';
import { nodes } from '../plan/plan-fixture.ts';

function pool(
  open: (options: ConnectOptions, attempt: number) => Promise<void> = () => Promise.resolve(),
  observe: Provider['observe'] = () => new Promise(() => undefined),
) {
  const asked: ConnectOptions[] = [];
  const closed: string[] = [];
  const pinned: Record<string, string> = { 'core-02': 'ssh-ed25519 PINNED' };
  const connect = async (options: ConnectOptions): Promise<Connection> => {
    asked.push(options);
    await open(options, asked.length);
    options.onHostKey(`ssh-ed25519 KEY-OF-${options.machine}`);
    return {
      machine: options.machine,
      close: () => closed.push(options.machine),
    } as unknown as Connection;
  };
  const connections = new ConnectionPool({
    transport: () => Promise.resolve({ connect }),
    provider: {
      endpoint: (dir: string, machine: { name: string }, port: number) =>
        Promise.resolve({ host: `${dir}/${machine.name}`, port }),
      observe,
    } as Pick<Provider, 'endpoint' | 'observe'> as Provider,
    machines: nodes(3),
    projectDir: (project) => `/projects/${project}`,
    user: 'core',
    privateKeyPath: '/key',
    hostKey: (machine) => pinned[machine],
    pinHostKey: (machine, key) => {
      pinned[machine] = key;
      return Promise.resolve();
    },
    timeoutMs: 60_000,
    clock: virtualClock(),
    signal: new AbortController().signal,
  });
  return { connections, asked, closed, pinned };
}

describe('ConnectionPool', () => {
  it('opens one connection a machine, however many ask at once', async () => {
    const { connections, asked } = pool();
    const all = await Promise.all([1, 2, 3].map(() => connections.connect('core-01')));
    expect(new Set(all).size).toBe(1);
    expect(asked).toMatchObject([
      { endpoint: { host: '/projects/coreos/core-01', port: 22 }, user: 'core', timeoutMs: 60_000 },
    ]);
  });

  it('pins the first host key, and asks for the pinned one from then on', async () => {
    const { connections, asked, pinned } = pool();
    await connections.connect('core-01');
    await connections.connect('core-02');
    expect(pinned).toEqual({
      'core-01': 'ssh-ed25519 KEY-OF-core-01',
      'core-02': 'ssh-ed25519 PINNED',
    });
    expect(asked.map(({ hostKey }) => hostKey)).toEqual([undefined, 'ssh-ed25519 PINNED']);
  });

  it('gives a failure to all who wait for it, and tries anew afterwards', async () => {
    const failure = new CommandError('LAB_SSH_FAILED', 'refused');
    const { connections, asked } = pool((_options, attempt) =>
      attempt === 1 ? Promise.reject(failure) : Promise.resolve(),
    );
    const both = await Promise.allSettled([connections.connect('core-01'), connections.connect('core-01')]);
    expect(both.map((result) => result.status === 'rejected' && (result.reason as unknown))).toEqual([
      failure,
      failure,
    ]);
    await expect(connections.connect('core-01')).resolves.toMatchObject({ machine: 'core-01' });
    expect(asked).toHaveLength(2);
  });

  it('takes no more time than it is given, and no more than its own', async () => {
    const { connections, asked } = pool();
    await connections.connect('core-01', 2_000);
    await connections.connect('core-02', 90_000);
    expect(asked.map(({ timeoutMs }) => timeoutMs)).toEqual([2_000, 60_000]);
  });

  it('gives up on a machine as soon as the provider says that it does not run', async () => {
    const states = ['running', 'running', 'stopped'] as const;
    const seen: string[] = [];
    const { connections } = pool(
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        }),
      (_dir, [name = '']) => {
        const state = states[seen.length] ?? 'stopped';
        seen.push(state);
        return Promise.resolve([{ name, state, ...(state === 'stopped' ? { detail: 'exited' } : {}) }]);
      },
    );
    await expect(connections.connect('core-02')).rejects.toMatchObject({
      code: 'LAB_SSH_FAILED',
      message: 'core-02 cannot be reached over ssh: it does not run (exited).',
      details: { machine: 'core-02' },
    });
    expect(seen).toEqual(states);
  });

  it('opens a new connection after the old one was given up, and closes all at the end', async () => {
    const { connections, asked, closed } = pool();
    await connections.connect('core-01');
    connections.disconnect('core-01');
    connections.disconnect('core-03');
    await connections.connect('core-01');
    await connections.connect('core-02');
    connections.close();
    await Promise.resolve();
    expect([asked.length, closed.sort()]).toEqual([3, ['core-01', 'core-01', 'core-02']]);
  });

  it('knows the machines of its lab only', async () => {
    await expect(pool().connections.connect('core-09')).rejects.toBeInstanceOf(BugError);
  });
});
