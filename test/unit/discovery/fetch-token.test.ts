import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchToken } from '../../../src/discovery/fetch-token.ts';
import { Registry } from '../../../src/discovery/registry.ts';
import { memoryStore } from '../../../src/discovery/registry-store.ts';
import { startDiscoveryServer } from '../../../src/discovery/server.ts';
import type { DiscoveryServer } from '../../../src/discovery/server.ts';
import { FetchHttp } from '../../../src/io/fetch-http.ts';
import type { Http, HttpRequest } from '../../../src/io/http.ts';
import { serveBadDiscovery } from '../../support/bad-discovery.ts';
import type { BadDiscovery } from '../../support/bad-discovery.ts';

const token = 'd2867d8b952d54dfc45968652f3fe277';
const base = 'http://disc.test';
const sizeBody = (value: string): string =>
  JSON.stringify({ action: 'get', node: { key: `/_etcd/registry/${token}/_config/size`, value } });

/** Answers by URL; anything else is a mistake of the test. */
class ScriptedHttp implements Http {
  readonly asked: string[] = [];
  readonly #answers: Record<string, [number, string] | Error>;

  constructor(answers: Record<string, [number, string] | Error>) {
    this.#answers = answers;
  }

  request({ url }: HttpRequest): ReturnType<Http['request']> {
    this.asked.push(url);
    const answer = this.#answers[url];
    if (answer === undefined) return Promise.reject(new Error(`unexpected request: ${url}`));
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve({ status: answer[0], headers: {}, body: answer[1] });
  }

  download(): Promise<void> {
    return Promise.reject(new Error('unexpected download'));
  }
}

const fetchWith = (
  http: Http,
  options: { checkAtBaseUrl?: boolean; signal?: AbortSignal } = {},
): Promise<string> => fetchToken({ http, baseUrl: `${base}/`, size: 3, timeoutMs: 1000, ...options });

describe('fetchToken', () => {
  let server: DiscoveryServer;
  beforeAll(async () => {
    const store = memoryStore(new Registry());
    server = await startDiscoveryServer({ store, bind: ['127.0.0.1'], port: 0, sources: [] });
  });
  afterAll(() => server.close());

  it('fetches a token from our own service over real HTTP', async () => {
    const baseUrl = `http://127.0.0.1:${server.port}`;
    const url = await fetchToken({ http: new FetchHttp(), baseUrl, size: 5, timeoutMs: 5000 });
    expect(url).toMatch(new RegExp(`^${baseUrl}/[0-9a-f]{32}$`));
  });

  it('quotes what our own service says to a bad size', async () => {
    const baseUrl = `http://127.0.0.1:${server.port}`;
    await expect(
      fetchToken({ http: new FetchHttp(), baseUrl, size: 0, timeoutMs: 5000 }),
    ).rejects.toMatchObject({
      code: 'LAB_DISCOVERY_ANSWER',
      message:
        'The discovery service did not answer with the URL of a token: ' +
        `GET ${baseUrl}/new?size=0 gave status 400: Unable to generate token: size must be between 1 and 100`,
    });
  });

  it('hands the URL on as the service wrote it, and checks the token there', async () => {
    const url = `https://public.test/v2/keys/_etcd/registry/${token}`;
    const http = new ScriptedHttp({
      [`${base}/new?size=3`]: [200, `${url}\n`],
      [`${url}/_config/size`]: [200, sizeBody('3')],
    });
    expect(await fetchWith(http)).toBe(url);
  });

  it('checks the token where it fetched it when the machines alone can reach the address', async () => {
    const url = `http://host.docker.internal:7001/${token}`;
    const http = new ScriptedHttp({
      [`${base}/new?size=3`]: [200, url],
      [`${base}/${token}/_config/size`]: [200, sizeBody('3')],
    });
    expect(await fetchWith(http, { checkAtBaseUrl: true })).toBe(url);
  });

  it.each<[string, number, string]>([
    ['a dead service', 503, 'upstream connect error'],
    ['a web page', 200, '<!DOCTYPE html>\n<html>'],
    ['nothing', 200, ''],
    ['two URLs', 200, `${base}/${token} ${base}/${token}`],
    ['a token without a URL', 200, token],
    ['a short token', 200, `${base}/d2867d8b`],
    ['another protocol', 200, `ftp://x/${token}`],
    ['a URL with more behind it', 200, `${base}/${token}?size=3`],
  ])('refuses %s', async (_name, status, body) => {
    const error: unknown = await fetchWith(
      new ScriptedHttp({ [`${base}/new?size=3`]: [status, body] }),
    ).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'LAB_DISCOVERY_ANSWER', exitCode: 4 });
    const firstLine = body.split('\n')[0] ?? '';
    expect((error as Error).message).toContain(`GET ${base}/new?size=3 gave status ${status}: `);
    expect((error as Error).message).toContain(firstLine);
  });

  it.each<[string, number, string]>([
    ['another size', 200, sizeBody('5')],
    ['no JSON', 200, 'OK'],
    [
      'a token that it does not know',
      404,
      '{"errorCode":100,"message":"Key not found","cause":"/x","index":7}',
    ],
  ])('refuses a service that answers the check with %s', async (_name, status, body) => {
    const http = new ScriptedHttp({
      [`${base}/new?size=3`]: [200, `${base}/${token}`],
      [`${base}/${token}/_config/size`]: [status, body],
    });
    await expect(fetchWith(http)).rejects.toMatchObject({
      code: 'LAB_DISCOVERY_ANSWER',
      message: `The discovery service did not answer with the size 3 of the new token: GET ${base}/${token}/_config/size gave status ${status}: ${body}`,
    });
  });

  it('says that the service cannot be reached, and passes an interruption on', async () => {
    const http = new ScriptedHttp({
      [`${base}/new?size=3`]: new Error('GET http://disc.test/new?size=3: connection refused'),
    });
    await expect(fetchWith(http)).rejects.toMatchObject({
      code: 'LAB_DISCOVERY_UNREACHABLE',
      message: 'The discovery service does not answer: GET http://disc.test/new?size=3: connection refused',
    });
    const reason = new Error('Ctrl-C');
    await expect(fetchWith(http, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it.each<[BadDiscovery, string, RegExp]>([
    ['silent', 'LAB_DISCOVERY_UNREACHABLE', /timed out after 0.3 s/],
    ['half-a-body', 'LAB_DISCOVERY_UNREACHABLE', /timed out after 0.3 s/],
    ['a-byte-a-second', 'LAB_DISCOVERY_UNREACHABLE', /timed out after 0.3 s/],
    ['status-500', 'LAB_DISCOVERY_ANSWER', /gave status 500: out of order/],
    ['redirects-endlessly', 'LAB_DISCOVERY_ANSWER', /one redirect after the other/],
    ['no-http', 'LAB_DISCOVERY_ANSWER', /the answer is no HTTP/],
    ['random-bytes', 'LAB_DISCOVERY_ANSWER', /the URL of a token: GET/],
    ['a-hundred-megabytes', 'LAB_DISCOVERY_ANSWER', /longer than 1048576 bytes/],
    [
      'another-host',
      'LAB_DISCOVERY_UNREACHABLE',
      /The address that \S+ gave for its new token does not answer/,
    ],
  ])('ends in time with a service that is %s: %s', async (kind, code, words) => {
    const bad = await serveBadDiscovery({ greets: false });
    try {
      const asking = fetchToken({
        http: new FetchHttp(),
        baseUrl: bad.url(kind),
        size: 3,
        timeoutMs: code === 'LAB_DISCOVERY_UNREACHABLE' ? 300 : 5_000,
      });
      await expect(asking).rejects.toMatchObject({
        code,
        message: expect.stringMatching(words) as string,
        details: { hint: expect.stringContaining('--discovery-url') as string },
      });
    } finally {
      bad.close();
    }
  });
});
