import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { systemClock } from '../io/clock.ts';
import type { Clock } from '../io/clock.ts';
import type { DiscoveryEvent } from './discovery-event.ts';
import { listenOnAll } from './listen-on-all.ts';
import type { RegistryStore } from './registry-store.ts';
import { handleRequest } from './request-handler.ts';
import { createSourceFilter } from './source-filter.ts';
import type { SourceFilter } from './source-filter.ts';
import { WatchHub } from './watch-hub.ts';

/** What one service bears. Bytes are bytes, times are milliseconds. */
export interface DiscoveryLimits {
  bodyBytes: number;
  urlBytes: number;
  connections: number;
  watches: number;
  watchesPerToken: number;
  /** A watch without an event ends after this time with an empty answer, which members take for "ask again". */
  idleWatchMs: number;
  /** A request must have come completely within this time. It does not limit how long a watch waits. */
  requestMs: number;
  /** Time for the requests at work to end when the service closes. */
  closeMs: number;
}

export const defaultDiscoveryLimits: DiscoveryLimits = {
  bodyBytes: 16 * 1024,
  urlBytes: 2048,
  connections: 8192,
  watches: 4096,
  watchesPerToken: 256,
  idleWatchMs: 5 * 60_000,
  requestMs: 15_000,
  closeMs: 2000,
};

export interface DiscoveryServerOptions {
  store: RegistryStore;
  /** Addresses of this machine to listen on. */
  bind: readonly string[];
  /** 0: any that is free on all of them. */
  port: number;
  /**
   * Host in the URLs that `/new` answers where the members know this machine under another name than it listens on,
   * for example `host.docker.internal`; without it, the client's Host header.
   */
  publicHost?: string;
  /** Ranges (CIDR) that may use the service besides loopback. Everybody else gets 403. */
  sources: readonly string[];
  limits?: Partial<DiscoveryLimits>;
  onEvent?: (event: DiscoveryEvent) => void;
  /** Closes the service when it aborts. */
  signal?: AbortSignal;
  clock?: Clock;
}

export interface DiscoveryServer {
  port: number;
  /** `http://ADDRESS:PORT` for each address listened on. */
  urls: readonly string[];
  /** Number of requests that wait for an event now. */
  watches(): number;
  /** Lets the requests at work end, cuts off those that wait, and resolves when the ports are free. */
  close(): Promise<void>;
}

/**
 * Starts etcd's v2 discovery service. Rejects with LAB_PORT_TAKEN or LAB_ADDRESS_MISSING where it cannot listen, and with
 * LAB_PARAMETER_INVALID where a source range cannot be read.
 */
export async function startDiscoveryServer(options: DiscoveryServerOptions): Promise<DiscoveryServer> {
  const limits = { ...defaultDiscoveryLimits, ...options.limits };
  const hub = new WatchHub(limits);
  const services = {
    store: options.store,
    hub,
    clock: options.clock ?? systemClock,
    idleWatchMs: limits.idleWatchMs,
    isAllowed: createSourceFilter(options.sources),
    maxBodyBytes: limits.bodyBytes,
    maxUrlBytes: limits.urlBytes,
    publicHost: options.publicHost,
    onEvent: options.onEvent ?? (() => undefined),
  };
  const newServer = (): Server =>
    createHttpServer(
      limits,
      services.isAllowed,
      (request, response) => void handleRequest(request, response, services),
    );
  const { servers, port } = await listenOnAll(newServer, options.bind, options.port);

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= closeAll(servers, limits.closeMs);
    hub.breakAll();
    return closing;
  };
  options.signal?.addEventListener('abort', () => void close(), { once: true });
  if (options.signal?.aborted === true) await close();
  const urls = options.bind.map((host) => `http://${host.includes(':') ? `[${host}]` : host}:${port}`);
  return { port, urls, watches: () => hub.count, close };
}

const refusedSourceMs = 1000;

const clientErrorStatus: Record<string, string> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

function createHttpServer(
  limits: DiscoveryLimits,
  isAllowed: SourceFilter,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const server = createServer(
    {
      headersTimeout: limits.requestMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.min(limits.requestMs, 5000),
      // Go sends a PUT on a pooled connection without a second try: do not close one that is about to be used.
      keepAliveTimeout: 120_000,
      // Finds clients that vanished without a word (a machine that was destroyed) while they wait.
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
    },
    onRequest,
  );
  server.maxConnections = limits.connections;
  server.on('connection', (socket) => {
    // Who may not use the service may not hold its connections either; a request gets its 403 within this time.
    if (!isAllowed(socket.remoteAddress)) socket.setTimeout(refusedSourceMs, () => socket.destroy());
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = clientErrorStatus[error.code ?? ''] ?? '400 Bad Request';
    if (!socket.writable) socket.destroy();
    // Closed by us, not left to the client: it may never close its side.
    else
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () =>
        socket.destroy(),
      );
  });
  return server;
}

async function closeAll(servers: readonly Server[], deadlineMs: number): Promise<void> {
  const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
  const deadline = setTimeout(() => {
    for (const server of servers) server.closeAllConnections();
  }, deadlineMs);
  await Promise.all(closed);
  clearTimeout(deadline);
}
