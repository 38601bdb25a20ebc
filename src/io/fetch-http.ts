import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import fetch, { FetchError } from 'node-fetch';
import type { Response } from 'node-fetch';
import { BadAnswerError } from './http.ts';
import type { Http, HttpRequest, HttpResponse } from './http.ts';
import { lookupFunction } from './look-up-host.ts';
import type { LookUpHost } from './look-up-host.ts';

const defaultMaxBytes = 1024 * 1024;

interface AgentOptions {
  connectTimeoutMs: number | undefined;
  lookup: LookupFunction | undefined;
}

/** No pooled connections: one to a machine that has been made anew meanwhile would fail the next request. */
function agentFor(protocol: string, { connectTimeoutMs, lookup }: AgentOptions): http.Agent {
  const options = { keepAlive: false, ...(lookup === undefined ? {} : { lookup }) };
  if (protocol === 'https:') return new https.Agent(options);
  const agent = new http.Agent(options);
  if (connectTimeoutMs !== undefined) limitConnecting(agent, connectTimeoutMs);
  return agent;
}

/** Gives up on an address that does not take a connection in time. */
function limitConnecting(agent: http.Agent, connectTimeoutMs: number): void {
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
  readonly #lookUp: LookUpHost | undefined;

  /** Without `lookUp` names are looked up in this process, which cannot exit before the system's resolver has answered. */
  constructor(lookUp?: LookUpHost) {
    this.#lookUp = lookUp;
  }

  request(request: HttpRequest): Promise<HttpResponse> {
    return exchange(request, this.#lookUp, async (response) => ({
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
    return exchange({ ...request, maxBytes: 0, compress: false }, this.#lookUp, async (response) => {
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
  lookUp: LookUpHost | undefined,
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
  const progress = { isLookingUp: false };
  const lookup =
    lookUp === undefined
      ? undefined
      : lookupFunction(lookUp, stop.signal, (pending) => {
          progress.isLookingUp = pending;
        });
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      size: maxBytes,
      compress: request.compress ?? true,
      signal: stop.signal,
      agent: ({ protocol }) => agentFor(protocol, { connectTimeoutMs: request.connectTimeoutMs, lookup }),
    });
    return await read(response);
  } catch (error) {
    if (error instanceof ReceiverError) throw error.cause;
    signal?.throwIfAborted();
    const during = progress.isLookingUp
      ? ' while the name was looked up: the name server does not answer'
      : '';
    if (deadline.signal.aborted) {
      throw new Error(`${method} ${url}: timed out after ${timeoutMs / 1000} s${during}`, { cause: error });
    }
    const bad = badAnswer(error as Error, maxBytes);
    if (bad !== undefined) throw new BadAnswerError(`${method} ${url}: ${bad}`, { cause: error });
    throw new Error(`${method} ${url}: ${explain(error as Error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    // Frees the connection of a body that was not read to its end; after a whole one it does nothing.
    stop.abort();
  }
}

/** What is wrong with an answer that came and cannot be used. */
function badAnswer(error: Error & { code?: string }, maxBytes: number): string | undefined {
  // The codes of Node.js's parser: https://github.com/nodejs/llhttp.
  if (error.code?.startsWith('HPE_') === true) return 'the answer is no HTTP';
  if (!(error instanceof FetchError)) return undefined;
  if (error.type === 'max-size') return `the answer is longer than ${maxBytes} bytes`;
  return error.type === 'max-redirect' ? 'the answer is one redirect after the other' : undefined;
}

function explain(error: Error & { code?: string }): string {
  return reasons[error.code ?? ''] ?? error.message;
}
