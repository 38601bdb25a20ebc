import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { FetchHttp } from '../../../src/io/fetch-http.ts';

let server: Server | undefined;
const serve = async (
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> => {
  const started = createServer(answer);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
};
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});
const http = new FetchHttp();
const timeoutMs = 5000;

describe('request', () => {
  it('sends method, headers and body, and takes any status for a result', async () => {
    const url = await serve((request, response) => {
      let body = '';
      request.on('data', (text: Buffer) => (body += text.toString()));
      request.on('end', () => {
        response
          .writeHead(418, { 'X-Teapot': 'Yes' })
          .end(`${request.method ?? ''} ${String(request.headers['x-a'])} ${body}`);
      });
    });
    const answer = await http.request({
      url,
      method: 'PUT',
      headers: { 'X-A': '1' },
      body: 'value=3',
      timeoutMs,
    });
    expect(answer).toMatchObject({ status: 418, body: 'PUT 1 value=3', headers: { 'x-teapot': 'Yes' } });
  });

  it('follows redirects', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/') response.writeHead(302, { Location: '/there' }).end();
      else response.end(request.url);
    });
    expect((await http.request({ url, timeoutMs })).body).toBe('/there');
  });

  it('says that a connection was refused', async () => {
    const url = await serve(() => undefined);
    server?.close();
    await expect(http.request({ url, timeoutMs })).rejects.toThrow(`GET ${url}: connection refused`);
  });

  it('says that a name was not found', async () => {
    await expect(http.request({ url: 'http://no-such-host.invalid/', timeoutMs })).rejects.toThrow(
      'GET http://no-such-host.invalid/: name not found',
    );
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['no answer', () => undefined],
    ['half a body', (response) => response.write('half')],
  ])('says that it timed out: %s', async (_name, answer) => {
    const url = await serve((_request, response) => {
      answer(response);
    });
    await expect(http.request({ url, timeoutMs: 50 })).rejects.toThrow(`GET ${url}: timed out after 0.05 s`);
  });

  it('says that the connection broke off', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/') request.socket.destroy();
      else response.writeHead(200, { 'Content-Length': 10 }).write('half', () => request.socket.destroy());
    });
    await expect(http.request({ url: `${url}/`, timeoutMs })).rejects.toThrow(
      `GET ${url}/: the connection broke off`,
    );
    await expect(http.request({ url: `${url}/b`, timeoutMs })).rejects.toThrow(
      `GET ${url}/b: the connection broke off`,
    );
  });

  it('takes no more than it was told to', async () => {
    const url = await serve((_request, response) => response.end('x'.repeat(100)));
    await expect(http.request({ url, timeoutMs, maxBytes: 99 })).rejects.toThrow('longer than 99 bytes');
    expect((await http.request({ url, timeoutMs, maxBytes: 100 })).body).toHaveLength(100);
  });

  it("rejects with the signal's reason, before and during", async () => {
    const reason = new Error('Ctrl-C');
    await expect(
      http.request({ url: 'http://127.0.0.1:1', timeoutMs, signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
    const stop = new AbortController();
    const url = await serve(() => {
      stop.abort(reason);
    });
    await expect(http.request({ url, timeoutMs, signal: stop.signal })).rejects.toBe(reason);
  });

  it('says what is wrong with a URL', async () => {
    await expect(http.request({ url: 'nowhere', timeoutMs })).rejects.toThrow(/^GET nowhere: .*Invalid URL/);
    await expect(http.request({ url: 'file:///etc/passwd', timeoutMs })).rejects.toThrow(/not supported/);
  });
});

describe('download', () => {
  const collect = async (url: string, headers?: Record<string, string>): Promise<[number, Buffer]> => {
    let status = 0;
    const chunks: Uint8Array[] = [];
    await http.download(
      { url, timeoutMs, ...(headers === undefined ? {} : { headers }) },
      (response) => void (status = response.status),
      (chunk) => Promise.resolve(void chunks.push(chunk)),
    );
    return [status, Buffer.concat(chunks)];
  };

  it('hands on the bytes as they are stored, beyond the limit of a request, and passes Range on', async () => {
    const stored = gzipSync(Buffer.alloc(3 * 1024 * 1024, 'chapter'), { level: 0 });
    const url = await serve((request, response) => {
      expect(request.headers['accept-encoding']).toBeUndefined();
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(from > 0 ? 206 : 200, { 'Content-Encoding': 'gzip' }).end(stored.subarray(from));
    });
    // Compared by hand: the test runner's own comparison takes seconds for a buffer of this size.
    const [status, bytes] = await collect(url);
    expect([status, bytes.equals(stored)]).toEqual([200, true]);
    const [partial, rest] = await collect(url, { Range: 'bytes=1000-' });
    expect([partial, rest.equals(stored.subarray(1000))]).toEqual([206, true]);
  });

  it('fails when the body ends early', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'Content-Length': 10 }).write('half', () => request.socket.destroy());
    });
    await expect(collect(url)).rejects.toThrow(`GET ${url}: the connection broke off`);
  });

  it('waits for each chunk to be taken, and gives the error of the one who takes it back as it is', async () => {
    const url = await serve((_request, response) => response.end(Buffer.alloc(1024 * 1024)));
    const full = new Error('no space left on device');
    let open = 0;
    await http.download(
      { url, timeoutMs },
      () => undefined,
      async () => {
        expect(++open).toBe(1);
        await new Promise(setImmediate);
        open--;
      },
    );
    await expect(
      http.download(
        { url, timeoutMs },
        () => undefined,
        () => Promise.reject(full),
      ),
    ).rejects.toBe(full);
    const refuse = (): void => {
      throw full;
    };
    await expect(http.download({ url, timeoutMs }, refuse, () => Promise.resolve())).rejects.toBe(full);
  });
});
