import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the next answers differ from those of a good server. */
export interface FileServerFaults {
  /** Breaks the connection after so many bytes of the body; one entry for each answer, in order. */
  cutAfter: number[];
  /** Awaited before a connection is broken: what a client has received but not read is lost with it. */
  beforeCut: (received: number) => Promise<void>;
  /** Answers every request with the whole file. */
  ignoreRange: boolean;
}

/** An HTTP server on loopback that serves one file at every path below `/releases/` and knows ranges. */
export interface RangeFileServer {
  url: string;
  origin: string;
  content: Buffer;
  etag: string;
  faults: FileServerFaults;
  /** `Range` headers of all requests, in order; `whole` without one. */
  requests: string[];
  close: () => void;
}

export async function rangeFileServer(content: Buffer): Promise<RangeFileServer> {
  const server = createServer((request, response) => {
    answer(result, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const result: RangeFileServer = {
    url: `${origin}/releases/v1/tool.tar.gz`,
    origin,
    content,
    etag: '"1"',
    faults: { cutAfter: [], beforeCut: () => Promise.resolve(), ignoreRange: false },
    requests: [],
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return result;
}

function answer(server: RangeFileServer, request: IncomingMessage, response: ServerResponse): void {
  const range = request.headers.range;
  server.requests.push(range ?? 'whole');
  if (request.url?.startsWith('/releases/') !== true) {
    response.writeHead(404).end('not found');
    return;
  }
  const { content, etag, faults } = server;
  const wanted = /^bytes=(\d+)-$/.exec(range ?? '');
  const start = wanted === null ? 0 : Number(wanted[1]);
  const ifRange = request.headers['if-range'];
  const partial = wanted !== null && !faults.ignoreRange && (ifRange === undefined || ifRange === etag);
  if (partial && start >= content.length) {
    response.writeHead(416).end();
    return;
  }
  const body = partial ? content.subarray(start) : content;
  response.writeHead(partial ? 206 : 200, {
    'content-length': body.length,
    etag,
    ...(partial
      ? { 'content-range': `bytes ${String(start)}-${String(content.length - 1)}/${String(content.length)}` }
      : {}),
  });
  const cut = faults.cutAfter.shift();
  if (cut === undefined) response.end(body);
  else {
    response.flushHeaders();
    if (cut > 0) response.write(body.subarray(0, cut));
    void faults.beforeCut((partial ? start : 0) + cut).then(() => response.socket?.destroy());
  }
}
