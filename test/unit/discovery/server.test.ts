import { readFile } from 'node:fs/promises';
import { Agent, createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DiscoveryEvent } from '../../../src/discovery/discovery-event.ts';
import { defaultRegistryLimits, Registry } from '../../../src/discovery/registry.ts';
import { memoryStore } from '../../../src/discovery/registry-store.ts';
import type { RegistryStore } from '../../../src/discovery/registry-store.ts';
import { handleRequest } from '../../../src/discovery/request-handler.ts';
import { startDiscoveryServer } from '../../../src/discovery/server.ts';
import type { DiscoveryServer, DiscoveryServerOptions } from '../../../src/discovery/server.ts';
import { WatchHub } from '../../../src/discovery/watch-hub.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { send } from '../../support/http-exchange.ts';

let server: DiscoveryServer;
let base: string;
let events: DiscoveryEvent[];
const start = async (options: Partial<DiscoveryServerOptions> = {}): Promise<void> => {
  server = await startDiscoveryServer({
    store: memoryStore(new Registry()),
    bind: ['127.0.0.1'],
    port: 0,
    sources: [],
    onEvent: (event) => events.push(event),
    ...options,
  });
  base = server.urls[0] ?? '';
};
beforeEach(() => {
  events = [];
});
afterEach(() => server.close());

const newToken = async (size: number): Promise<string> =>
  (await send('GET', `${base}/new?size=${size}`)).body;
const register = (url: string, id: string): ReturnType<typeof send> =>
  send('PUT', `${url}/${id}?prevExist=false`, { form: `value=${encodeURIComponent(`${id}=http://x:1`)}` });
const waiting = async (count: number): Promise<void> => {
  await expect.poll(() => server.watches(), { interval: 2 }).toBe(count);
};

describe('the wire protocol', () => {
  const token = 'd2867d8b952d54dfc45968652f3fe277';
  const captured = async (
    name: string,
  ): Promise<{ status: number; type: string | undefined; body: unknown }> => {
    const text = await readFile(`test/fixtures/discovery/${name}.http`, 'utf8');
    const status = Number(/^HTTP\/1.1 (\d+)/m.exec(text)?.[1] ?? 200);
    return { status, type: 'application/json', body: JSON.parse(/^\{.*\}$/m.exec(text)?.[0] ?? '') };
  };
  // The captured answers are those of an etcd whose first free index was 4; the member ids sort as they registered.
  const atIndex3 = Registry.restore({ version: 1, index: 3, tokens: [] }).snapshot();

  it('answers what a real etcd that serves as a discovery service answered', async () => {
    await start({ store: memoryStore(Registry.restore(atIndex3)) });
    const url = `${base}/v2/keys/_etcd/registry/${token}`;
    const answer = async (...args: Parameters<typeof send>): Promise<unknown> => {
      const { status, headers, body } = await send(...args);
      expect(body.endsWith('\n')).toBe(true);
      return { status, type: headers['content-type'], body: JSON.parse(body) as unknown };
    };
    expect(await answer('PUT', `${url}/_config/size`, { form: 'value=3' })).toEqual(await captured('size'));
    expect(await answer('GET', url)).toEqual(await captured('empty'));
    for (const [id, value] of [
      ['32ab959328c407f6', 'core-02=http://172.17.8.102:7001'],
      ['33341e806a5b4c11', 'core-01=http://172.17.8.101:7001'],
      ['8af2dee9956de913', 'core-03=http://172.17.8.103:7001'],
    ] as const) {
      await send('PUT', `${url}/${id}?prevExist=false`, { form: `value=${encodeURIComponent(value)}` });
    }
    expect(await answer('GET', `${url}?sorted=true`)).toEqual(await captured('full'));
    expect((await send('GET', url)).headers['x-etcd-index']).toBe('7');
  });

  it('makes a token with /new, in the words of discovery.etcd.io', async () => {
    await start();
    const answer = await send('GET', `${base}/new?size=5`);
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' } });
    expect(answer.body).toMatch(new RegExp(`^${base}/[0-9a-f]{32}$`));
    expect(JSON.parse((await send('GET', `${answer.body}/_config/size`)).body)).toMatchObject({
      node: { value: '5' },
    });
    const byDefault = (await send('POST', `${base}/new`)).body;
    expect(JSON.parse((await send('GET', `${byDefault}/_config/size`)).body)).toMatchObject({
      node: { value: '3' },
    });
    expect(events).toMatchObject([
      { type: 'token-created', size: 5 },
      { type: 'token-created', size: 3 },
    ]);
  });

  it.each([
    ['size=x', 400, 'strconv.Atoi: parsing "x": invalid syntax\n'],
    ['size=0', 400, 'Unable to generate token: size must be between 1 and 100\n'],
    ['size=-3', 400, 'Unable to generate token: size must be between 1 and 100\n'],
    ['size=101', 400, 'Unable to generate token: size must be between 1 and 100\n'],
    ['size=99999999999999999999', 400, 'Unable to generate token: size must be between 1 and 100\n'],
  ])('refuses /new?%s', async (query, status, body) => {
    await start();
    expect(await send('GET', `${base}/new?${query}`)).toMatchObject({ status, body });
  });

  it('names the address that it was given, else the one that the client used', async () => {
    await start({ publicHost: '172.30.0.1' });
    expect((await send('GET', `${base}/new`)).body).toMatch(
      new RegExp(`^http://172\\.30\\.0\\.1:${String(server.port)}/[0-9a-f]{32}$`),
    );
    await server.close();
    await start();
    const named = await send('GET', `${base}/new`, { headers: { Host: 'disc.test:81' } });
    expect(named.body).toMatch(/^http:\/\/disc\.test:81\/[0-9a-f]{32}$/);
    const forged = await send('GET', `${base}/new`, { headers: { Host: 'a/b?<x>' } });
    expect(forged.body.startsWith(`${base}/`)).toBe(true);
  });

  it.each<[string, string, string, number, string | undefined]>([
    [
      'an unknown token',
      'GET',
      '/00000000000000000000000000000000/_config/size',
      404,
      '"errorCode":100,"message":"Key not found","cause":"/_etcd/registry/00000000000000000000000000000000"',
    ],
    ['a watch of an unknown token', 'GET', '/0123?wait=true', 404, '"errorCode":100'],
    ['a broken index', 'GET', '/TOKEN?wait=true&waitIndex=x', 400, '"errorCode":203'],
    ['a broken wait', 'GET', '/TOKEN?wait=maybe', 400, '"errorCode":209'],
    ['a member without a value', 'PUT', '/TOKEN/abc?prevExist=false', 400, '"errorCode":209'],
    [
      'a time to live, which nothing would honour',
      'PUT',
      '/TOKEN/abc?ttl=5&value=x',
      400,
      'ttl is not supported',
    ],
    ['a size that is no number', 'PUT', '/TOKEN/_config/size?value=abc', 400, 'size must be between'],
    ['size 0, upon which etcd panics', 'PUT', '/TOKEN/_config/size?value=0', 400, 'size must be between'],
    ['a hidden key', 'PUT', '/TOKEN/_state?value=x', 404, '"errorCode":100'],
    ['removing a token', 'DELETE', '/TOKEN', 405, 'Method Not Allowed'],
    ['another method', 'PATCH', '/TOKEN/abc', 405, 'Method Not Allowed'],
    ['a broken escape', 'GET', '/%zz', 400, 'cannot be read'],
    ['an endless URL', 'GET', `/${'a'.repeat(4000)}`, 414, 'longer than'],
  ])('answers %s', async (_name, method, path, status, text) => {
    await start();
    const token = new URL(await newToken(3)).pathname.slice(1);
    const answer = await send(method, base + path.replace('TOKEN', token));
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(text);
  });

  it('refuses a body that is too long, and a token too many', async () => {
    await start({ store: memoryStore(new Registry({ ...defaultRegistryLimits, tokens: 1 })) });
    const url = await newToken(3);
    expect((await send('PUT', `${url}/abc`, { form: `value=${'x'.repeat(20_000)}` })).status).toBe(413);
    expect(await send('GET', `${base}/new`)).toMatchObject({
      status: 403,
      body: 'Unable to generate token: this service already holds 1 tokens\n',
    });
  });

  it('knows a second registration of one id', async () => {
    await start();
    const url = await newToken(3);
    expect((await register(url, 'abc')).status).toBe(201);
    const again = await register(url, 'abc');
    expect(again.status).toBe(412);
    expect(JSON.parse(again.body)).toEqual({
      errorCode: 105,
      message: 'Key already exists',
      cause: `/_etcd/registry/${url.slice(-32)}/abc`,
      index: 3,
    });
    expect((await send('DELETE', `${url}/abc`)).status).toBe(200);
    expect((await register(url, 'abc')).status).toBe(201);
  });
});

describe('watches', () => {
  it('answer from history, else when it happens, and not for other tokens', async () => {
    await start();
    const url = await newToken(3);
    const other = await newToken(3);
    await register(url, 'a');
    const past = await send('GET', `${url}?recursive=true&wait=true&waitIndex=1`);
    expect(JSON.parse(past.body)).toMatchObject({
      action: 'create',
      node: { value: 'a=http://x:1', createdIndex: 4 },
    });

    const future = send('GET', `${url}?recursive=true&wait=true&waitIndex=5`);
    const fromNow = send('GET', `${url}?recursive=true&wait=true`);
    await waiting(2);
    await register(other, 'x');
    await register(url, 'b');
    expect(JSON.parse((await future).body)).toMatchObject({ action: 'create', node: { modifiedIndex: 6 } });
    expect(await fromNow).toEqual(await future);
    await waiting(0);
  });

  it('send their headers at once', async () => {
    await start();
    const url = await newToken(1);
    const response = await fetch(`${url}?recursive=true&wait=true`);
    expect(response.headers.get('x-etcd-index')).toBe('2');
    await register(url, 'a');
    expect(await response.json()).toMatchObject({ action: 'create' });
  });

  it('end with an empty answer when nothing happens', async () => {
    await start({ limits: { idleWatchMs: 20 } });
    const url = await newToken(3);
    expect(await send('GET', `${url}?wait=true&recursive=true`)).toMatchObject({ status: 200, body: '' });
    await waiting(0);
  });

  it('outlive the time that a request may take to arrive', async () => {
    await start({ limits: { requestMs: 40 } });
    const url = await newToken(1);
    const watch = send('GET', `${url}?wait=true&recursive=true`);
    await new Promise((resolve) => setTimeout(resolve, 150));
    await register(url, 'a');
    expect((await watch).status).toBe(200);
  });

  it('are released when their client goes', async () => {
    await start();
    const url = await newToken(3);
    const client = new AbortController();
    const watch = send('GET', `${url}?wait=true&recursive=true`, { signal: client.signal });
    await waiting(1);
    client.abort();
    await expect(watch).rejects.toThrow();
    await waiting(0);
  });

  it('are refused in a way that members retry when there are too many', async () => {
    await start({ limits: { watchesPerToken: 1 } });
    const url = await newToken(1);
    const watch = send('GET', `${url}?wait=true&recursive=true`);
    await waiting(1);
    expect((await send('GET', `${url}?wait=true&recursive=true`)).status).toBe(503);
    await register(url, 'a');
    await watch;
  });

  it('break when a member was removed, for its removal would be taken for one more member', async () => {
    await start();
    const url = await newToken(3);
    await register(url, 'a');
    const watch = send('GET', `${url}?wait=true&recursive=true&waitIndex=4`);
    await waiting(1);
    const broken = expect(watch).rejects.toThrow();
    await send('DELETE', `${url}/a`);
    await broken;
    expect((await send('GET', `${url}?wait=true&recursive=true&waitIndex=4`)).status).toBe(503);
  });
});

describe('a registry that cannot be written', () => {
  it('answers with an error, shows nothing of the change, and lets members ask again', async () => {
    let works = true;
    let registry = new Registry();
    const token = registry.createToken(3);
    const saved = registry.snapshot();
    const store: RegistryStore = {
      get registry() {
        return registry;
      },
      settled: () => {
        if (works) return Promise.resolve();
        registry = Registry.restore(saved);
        return Promise.reject(new Error('no space left on device'));
      },
    };
    await start({ store });
    const url = `${base}/${token}`;
    const watch = send('GET', `${url}?wait=true&recursive=true`);
    await waiting(1);
    const broken = expect(watch).rejects.toThrow();
    works = false;
    expect((await register(url, 'a')).status).toBe(503);
    await broken;
    works = true;
    expect((await send('GET', `${url}/a`)).status).toBe(404);
    expect(events).toMatchObject([{ type: 'request-failed', error: { message: 'no space left on device' } }]);
  });
});

describe('who may use it, and where it listens', () => {
  it('answers others with 403 and closes the connection', async () => {
    await start();
    // Every address that a unit test can use is loopback; test/e2e/secrets.test.ts does it with real ones.
    const services = {
      store: memoryStore(new Registry()),
      hub: new WatchHub({ watches: 1, watchesPerToken: 1 }),
      clock: systemClock,
      idleWatchMs: 1000,
      maxBodyBytes: 1000,
      maxUrlBytes: 1000,
      publicHost: undefined,
      isAllowed: () => false,
      onEvent: (event: DiscoveryEvent) => events.push(event),
    };
    const refusing = createHttpServer((request, response) => void handleRequest(request, response, services));
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}/new`;
    expect(await send('GET', url, { agent: new Agent({ keepAlive: true }) })).toMatchObject({
      status: 403,
      headers: { connection: 'close' },
      body: '127.0.0.1 may not use this discovery service\n',
    });
    expect(events).toEqual([{ type: 'source-refused', from: '127.0.0.1' }]);
    await new Promise((resolve) => refusing.close(resolve));
  });

  it('listens on one port of several addresses', async () => {
    await start({ bind: ['127.0.0.1', '127.0.0.2', '::1'] });
    expect(server.urls).toEqual([
      `http://127.0.0.1:${server.port}`,
      `http://127.0.0.2:${server.port}`,
      `http://[::1]:${server.port}`,
    ]);
    for (const url of server.urls) expect((await send('GET', `${url}/health`)).body).toBe('OK');
  });

  it('says what is wrong with a place where it cannot listen', async () => {
    await start();
    const again = { store: memoryStore(new Registry()), sources: [], port: server.port };
    await expect(startDiscoveryServer({ ...again, bind: ['127.0.0.1'] })).rejects.toMatchObject({
      code: 'LAB_PORT_TAKEN',
      message: `The discovery service cannot listen on 127.0.0.1:${server.port}: another program does.`,
    });
    await expect(startDiscoveryServer({ ...again, port: 0, bind: ['192.0.2.77'] })).rejects.toThrow(
      'this machine has no such address',
    );
  });

  it('closes with its signal, cuts off those who wait, and frees the port', async () => {
    const stop = new AbortController();
    await start({ signal: stop.signal });
    const watch = send('GET', `${await newToken(3)}?wait=true&recursive=true`);
    await waiting(1);
    const broken = expect(watch).rejects.toThrow();
    stop.abort();
    await broken;
    await server.close();
    const next = createServer().listen(server.port, '127.0.0.1');
    await new Promise((resolve) => next.once('listening', resolve));
    expect((next.address() as AddressInfo).port).toBe(server.port);
    next.close();
  });
});
