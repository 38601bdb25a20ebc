import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import fetch, { FetchError } from 'node-fetch';
import type { Response } from 'node-fetch';
import type { Http, HttpRequest, HttpResponse } from './http.ts';

const defaultMaxBytes = 1024 * 1024;

// No pooled connections: one to a machine that has been made anew meanwhile would fail the next request.
const httpAgent = new http.Agent({ keepAlive: false });
const httpsAgent = new https.Agent({ keepAlive: false });

/** Gives up on an address that does not take a connection in time. */
function agentFor(connectTimeoutMs: number | undefined): http.Agent {
  if (connectTimeoutMs === undefined) return httpAgent;
  const agent = new http.Agent({ keepAlive: false });
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = connect(options, callback) as Duplex;
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error('no connection'), { code: 'ETIMEDOUT' }));
    }, connectTimeoutMs);
    const forget = (): void => {
      clearTimeout(timer);
    };
    socket.once('connect', forget).once('close', forget);
    return socket;
  };
  return agent;
}

/** What the system's error codes mean to a person. */
const reasons: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection broke off',
  EPIPE: 'the connection broke off',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection broke off',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name not found (the name server does not answer)',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'timed out while connecting',
};

/** HTTP with node-fetch: redirects are followed, proxies are not used, no request is tried twice. */
export class FetchHttp implements Http {
  request(request: HttpRequest): Promise<HttpResponse> {
    return exchange(request, async (response) => ({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    }));
  }

  download(
    request: Omit<HttpRequest, 'maxBytes' | 'body' | 'method'>,
    onResponse: (response: Omit<HttpResponse, 'body'>) => Promise<void> | void,
    onChunk: (chunk: Uint8Array) => Promise<void>,
  ): Promise<void> {
    // An archive is wanted as it is stored, and a range of it counts its stored bytes: no compression on the way.
    return exchange({ ...request, maxBytes: 0, compress: false }, async (response) => {
      await ours(async () => {
        await onResponse({ status: response.status, headers: Object.fromEntries(response.headers) });
      });
      for await (const chunk of response.body ?? []) await ours(() => onChunk(chunk as Buffer));
    });
  }
}

/** An error of the code that takes a download: it passes through as it is. */
class ReceiverError extends Error {}

async function ours(receive: () => Promise<void>): Promise<void> {
  try {
    await receive();
  } catch (cause) {
    throw new ReceiverError('the receiver failed', { cause });
  }
}

/** One request from start to end under one deadline and the caller's signal. */
async function exchange<T>(
  request: HttpRequest & { compress?: boolean },
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const { url, method = 'GET', headers = {}, body, timeoutMs, signal, maxBytes = defaultMaxBytes } = request;
  signal?.throwIfAborted();
  const stop = new AbortController();
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort();
    stop.abort();
  }, timeoutMs);
  const onAbort = (): void => {
    stop.abort();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      size: maxBytes,
      compress: request.compress ?? true,
      signal: stop.signal,
      agent: ({ protocol }) => (protocol === 'https:' ? httpsAgent : agentFor(request.connectTimeoutMs)),
    });
    return await read(response);
  } catch (error) {
    if (error instanceof ReceiverError) throw error.cause;
    signal?.throwIfAborted();
    const why = deadline.signal.aborted
      ? `timed out after ${timeoutMs / 1000} s`
      : explain(error as Error, maxBytes);
    throw new Error(`${method} ${url}: ${why}`, { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    // Frees the connection of a body that was not read to its end; after a whole one it does nothing.
    stop.abort();
  }
}

function explain(error: Error & { code?: string }, maxBytes: number): string {
  if (error instanceof FetchError && error.type === 'max-size')
    return `the answer is longer than ${maxBytes} bytes`;
  return reasons[error.code ?? ''] ?? error.message;
}
