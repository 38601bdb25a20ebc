import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createExecaExec } from '../../../src/io/execa-exec.ts';
import type { Exec } from '../../../src/io/exec.ts';
import { FetchHttp } from '../../../src/io/fetch-http.ts';
import { lookUpInProcess } from '../../../src/io/look-up-host.ts';
import type { LookUpHost } from '../../../src/io/look-up-host.ts';

const signal = new AbortController().signal;
const lookUp = lookUpInProcess(createExecaExec());

it('finds what the system knows, for a family of addresses too', async () => {
  expect(await lookUp('127.0.0.1', { all: true }, signal)).toEqual([{ address: '127.0.0.1', family: 4 }]);
  expect(await lookUp('localhost', { all: true, family: 4 }, signal)).toEqual([
    { address: '127.0.0.1', family: 4 },
  ]);
});

it('fails as dns.lookup does; a name is never an option of the program', async () => {
  await expect(lookUp('no-such-host.invalid', { all: true }, signal)).rejects.toMatchObject({
    code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/) as string,
  });
  await expect(lookUp('--version', { all: true }, signal)).rejects.toThrow('getaddrinfo');
});

it('ends its process with the signal', async () => {
  const stop = new AbortController();
  const exec: Exec = (_file, _args, options) =>
    createExecaExec()('sleep', ['1000'], options === undefined ? {} : options);
  const looking = lookUpInProcess(exec)('name.example', { all: true }, stop.signal);
  const reason = new Error('Ctrl-C');
  setImmediate(() => {
    stop.abort(reason);
  });
  await expect(looking).rejects.toBe(reason);
});

it('says of a lookup that takes too long that the name server does not answer', async () => {
  const exec: Exec = () =>
    Promise.resolve({
      command: '',
      exitCode: undefined,
      stdout: '',
      stderr: '',
      timedOut: true,
      notFound: false,
    });
  const http = new FetchHttp(lookUpInProcess(exec));
  await expect(http.request({ url: 'http://name.example/', timeoutMs: 5_000 })).rejects.toThrow(
    'GET http://name.example/: name not found (the name server does not answer)',
  );
});

it('is what requests use: names, and a deadline while a name is looked up', async () => {
  const server = createServer((request, response) => response.end(request.headers.host));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const found: LookUpHost = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
    const url = `http://name.example:${port}/`;
    expect((await new FetchHttp(found).request({ url, timeoutMs: 5_000 })).body).toBe(`name.example:${port}`);
    const silent: LookUpHost = () => new Promise(() => undefined);
    await expect(new FetchHttp(silent).request({ url, timeoutMs: 50 })).rejects.toThrow(
      `GET ${url}: timed out after 0.05 s while the name was looked up: the name server does not answer`,
    );
  } finally {
    server.close();
  }
});
