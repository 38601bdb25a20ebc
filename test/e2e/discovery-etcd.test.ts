import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryFile } from '../../src/discovery/registry-file.ts';
import { startDiscoveryServer } from '../../src/discovery/server.ts';
import type { DiscoveryServer } from '../../src/discovery/server.ts';
import { endpointHealth, EtcdMember, etcdVersion, freePorts } from '../support/etcd-member.ts';
import { send } from '../support/http-exchange.ts';

const isUsable = /^3\.[456]\./.test(etcdVersion ?? '');
const title = isUsable
  ? `real members of etcd ${etcdVersion ?? ''}`
  : `real members (skipped: etcd 3.4 to 3.6 is not installed; found ${etcdVersion ?? 'none'})`;
const soon = { timeout: 30_000, interval: 50 };

describe.skipIf(!isUsable)(title, () => {
  let folder: string;
  let store: RegistryFile;
  let server: DiscoveryServer;
  let members: EtcdMember[];

  const serve = async (port = 0): Promise<void> => {
    store = await RegistryFile.open(join(folder, 'registry.json'));
    server = await startDiscoveryServer({ store, bind: ['127.0.0.1'], port, sources: [] });
  };
  const newUrl = async (size: number): Promise<string> =>
    (await send('GET', `http://127.0.0.1:${server.port}/new?size=${size}`)).body;
  const start = (url: string, name: string, ports: readonly [number, number]): EtcdMember => {
    const bootstrap = [`--discovery=${url}`, '--discovery-fallback=exit', '--logger=zap'];
    const member = new EtcdMember(name, join(folder, name), ports, bootstrap);
    members.push(member);
    return member;
  };
  const startThree = async (url: string): Promise<EtcdMember[]> => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = await freePorts(6);
    return [start(url, 'core-01', [a, b]), start(url, 'core-02', [c, d]), start(url, 'core-03', [e, f])];
  };
  const registered = (url: string): string[] =>
    store.registry.describe(url.slice(-32)).members.map(({ value }) => value.split('=')[0] ?? '');
  const expectHealthy = async (cluster: readonly EtcdMember[]): Promise<void> => {
    let said = '';
    await expect
      .poll(
        async () => {
          const health = await endpointHealth(cluster);
          said = health.output;
          return health.healthy;
        },
        { timeout: 60_000, interval: 250 },
      )
      .toBe(cluster.length)
      .catch((error: unknown) => {
        throw new Error(`${said}\n${cluster.map(({ output }) => output.slice(-2000)).join('\n---\n')}`, {
          cause: error,
        });
      });
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-etcd-'));
    members = [];
    await serve();
  });
  afterEach(async () => {
    await Promise.all(members.map((member) => member.kill()));
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('three form a cluster, and a fourth is told that it is full and leaves no trace', async () => {
    const url = await newUrl(3);
    const cluster = await startThree(url);
    await expectHealthy(cluster);
    expect(registered(url).sort()).toEqual(['core-01', 'core-02', 'core-03']);
    const [a = 0, b = 0] = await freePorts(2);
    const fourth = start(url, 'core-04', [a, b]);
    expect(await fourth.exited).toBe(1);
    expect(fourth.output).toContain('discovery: cluster is full');
    expect(registered(url)).toHaveLength(3);
    await expect.poll(() => server.watches(), soon).toBe(0);
  });

  it('one that lost its data is told that it is a duplicate; once removed it joins, though others wait already', async () => {
    const url = await newUrl(3);
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = await freePorts(6);
    const first = start(url, 'core-01', [a, b]);
    const lost = start(url, 'core-02', [c, d]);
    await expect.poll(() => registered(url), soon).toHaveLength(2);
    await lost.kill();
    await rm(join(folder, 'core-02'), { recursive: true, force: true });

    const duplicate = start(url, 'core-02', [c, d]);
    expect(await duplicate.exited).toBe(1);
    expect(duplicate.output).toMatch(
      /member has been registered with discovery service|previously registered with discovery/,
    );

    const { members: known } = store.registry.describe(url.slice(-32));
    const id = known.find(({ value }) => value.startsWith('core-02='))?.id ?? '';
    expect((await send('DELETE', `${url}/${id}`)).status).toBe(200);
    await rm(join(folder, 'core-02'), { recursive: true, force: true });
    await expectHealthy([first, start(url, 'core-02', [c, d]), start(url, 'core-03', [e, f])]);
  });

  it('one with an unknown token ends with "Key not found"', async () => {
    const [a = 0, b = 0] = await freePorts(2);
    const member = start(`http://127.0.0.1:${server.port}/${'0'.repeat(32)}`, 'core-01', [a, b]);
    expect(await member.exited).toBe(1);
    expect(member.output).toContain('100: Key not found');
  });

  it('those that start before the service wait for it and join', async () => {
    const url = await newUrl(3);
    const { port } = server;
    await server.close();
    const cluster = await startThree(url);
    for (const member of cluster)
      await expect.poll(() => member.output, soon).toContain('connection refused');
    await serve(port);
    await expectHealthy(cluster);
  });

  it('those that wait survive a restart of the service, also under the long form of the URL', async () => {
    const url = (await newUrl(3)).replace(/\/(?=[0-9a-f]{32}$)/, '/v2/keys/_etcd/registry/');
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = await freePorts(6);
    const first = start(url, 'core-01', [a, b]);
    await expect.poll(() => server.watches(), soon).toBe(1);
    const { port } = server;
    await server.close();
    await serve(port);
    expect(registered(url)).toEqual(['core-01']);
    await expectHealthy([first, start(url, 'core-02', [c, d]), start(url, 'core-03', [e, f])]);
  });

  it('answers as a real etcd does', async () => {
    const token = 'd2867d8b952d54dfc45968652f3fe277';
    const [a = 0, b = 0] = await freePorts(2);
    const real = new EtcdMember(
      'core-01',
      join(folder, 'real'),
      [a, b],
      ['--enable-v2', `--initial-cluster=core-01=http://127.0.0.1:${b}`],
    );
    members.push(real);
    await expectHealthy([real]);
    expect(await transcript(real.clientUrl, token)).toEqual(
      await transcript(`http://127.0.0.1:${server.port}`, token),
    );
  });
});

/** The answers to one series of requests, with indices counted from the first of the token. */
async function transcript(base: string, token: string): Promise<unknown[]> {
  const url = `${base}/v2/keys/_etcd/registry/${token}`;
  const first = JSON.parse((await send('PUT', `${url}/_config/size`, { form: 'value=3' })).body) as {
    node: { modifiedIndex: number };
  };
  const offset = first.node.modifiedIndex - 1;
  const at = (index: number): string => `waitIndex={${index}}`;
  const requests: [string, string, string?][] = [
    ['GET', '/_config/size?quorum=false&recursive=false&sorted=false'],
    ['GET', '?quorum=false&recursive=false&sorted=false'],
    ['PUT', '/abc?prevExist=false', 'value=core-01%3Dhttp%3A%2F%2F127.0.0.1%3A2380'],
    ['GET', `/abc?recursive=false&wait=true&${at(2)}`],
    ['PUT', '/abc?prevExist=false', 'value=again'],
    ['GET', `?recursive=true&wait=true&${at(2)}`],
    ['PUT', '/0def', 'value=set'],
    ['GET', '?sorted=true'],
    ['GET', '/abc'],
    ['GET', '/nobody'],
    ['PUT', '/_config/size', 'value=5'],
    ['PUT', '/_config/size?prevExist=false', 'value=5'],
    ['DELETE', '/abc'],
    ['DELETE', '/abc'],
    ['GET', `/abc?wait=true&${at(3)}`],
    ['GET', '?wait=maybe'],
    ['PUT', '/abc?prevExist=maybe', 'value=x'],
  ];
  const answers: unknown[] = [];
  for (const [method, path, form] of requests) {
    const real = path.replace(/\{(\d+)\}/, (_, index: string) => String(Number(index) + offset));
    const answer = await send(method, url + real, form === undefined ? {} : { form });
    const body = JSON.parse(answer.body, (key, value: unknown) =>
      typeof value === 'number' && /index$/i.test(key) ? Math.max(value - offset, 0) : value,
    ) as { index?: number };
    // etcd checks the form of a request before it looks at its store, and then says index 0.
    if (answer.status === 400) delete body.index;
    answers.push({
      request: `${method} ${path}`,
      status: answer.status,
      type: answer.headers['content-type'],
      body,
    });
  }
  return answers;
}
