import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DiscoveryEvent } from '../../../src/discovery/discovery-event.ts';
import { Registry } from '../../../src/discovery/registry.ts';
import { memoryStore } from '../../../src/discovery/registry-store.ts';
import { startDiscoveryServer } from '../../../src/discovery/server.ts';
import type { DiscoveryServer } from '../../../src/discovery/server.ts';
import { send } from '../../support/http-exchange.ts';

const token = 'd2867d8b952d54dfc45968652f3fe277';
const registry = new Registry();
const events: DiscoveryEvent[] = [];
let server: DiscoveryServer;
beforeAll(async () => {
  registry.createToken(3, () => token);
  server = await startDiscoveryServer({
    store: memoryStore(registry),
    bind: ['127.0.0.1'],
    port: 0,
    sources: [],
    limits: { idleWatchMs: 5, requestMs: 200 },
    onEvent: (event) => events.push(event),
  });
});
afterAll(() => server.close());

/** Writes the bytes, then half-closes or breaks off; resolves when the server has closed its side. */
function spit(bytes: Uint8Array, breakOff: boolean): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(server.port, '127.0.0.1', () => {
      socket.write(bytes, () => (breakOff ? socket.destroy() : socket.end()));
    });
    socket.on('data', (data) => (answer += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(answer);
    });
  });
}

const word = fc.oneof(
  fc.constantFrom('GET', 'PUT', 'DELETE', 'POST', 'CONNECT', 'OPTIONS', 'get', ''),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const piece = fc.oneof(
  fc.constantFrom(
    token,
    '_config',
    'size',
    'new',
    'v2',
    'keys',
    '_etcd',
    'registry',
    '..',
    '%00',
    '%',
    '*',
    'abc',
    '__proto__',
  ),
  fc.constantFrom(
    '?wait=true',
    '?wait=true&waitIndex=-1',
    '?prevExist=false',
    '&waitIndex=1e9',
    '?size=9e9',
    '#',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const header = fc.oneof(
  fc.constantFrom(
    'Host: x',
    'Content-Length: 5',
    'Content-Length: -1',
    'Content-Length: 99999999999',
    'Transfer-Encoding: chunked',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Expect: 100-continue',
    'Expect: nothing',
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
);
const almostHttp = fc
  .tuple(
    word,
    fc.array(piece, { maxLength: 6 }),
    fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/9', ''),
    fc.array(header, { maxLength: 6 }),
    fc.string({ unit: 'binary', maxLength: 60 }),
  )
  .map(([method, path, version, headers, body]) =>
    Buffer.from(`${method} /${path.join('/')} ${version}\r\n${headers.join('\r\n')}\r\n\r\n${body}`, 'utf8'),
  );

it('survives garbage on the wire, changes nothing by it, and goes on answering', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(almostHttp, fc.uint8Array({ maxLength: 300 })),
      fc.boolean(),
      async (bytes, breakOff) => {
        await spit(bytes, breakOff);
        expect((await send('GET', `http://127.0.0.1:${server.port}/health`)).body).toBe('OK');
      },
    ),
    { numRuns: 400 },
  );
  expect(events.filter(({ type }) => type === 'request-failed')).toEqual([]);
  expect(registry.getSize(token).node.value).toBe('3');
  await expect.poll(() => server.watches()).toBe(0);
}, 20_000);

it('answers a request that never ends, and closes', async () => {
  const open = new Promise<string>((resolve) => {
    let answer = '';
    const socket = connect(server.port, '127.0.0.1', () =>
      socket.write(`GET /${token} HTTP/1.1\r\nHost: x\r\nX-`),
    );
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('close', () => {
      resolve(answer);
    });
  });
  expect(await open).toMatch(/^HTTP\/1\.1 408 /);
});

it('refuses headers without end', async () => {
  expect(await spit(Buffer.from(`GET / HTTP/1.1\r\n${'X-Y: 0123456789\r\n'.repeat(5000)}`), false)).toMatch(
    /^HTTP\/1\.1 431 /,
  );
});
