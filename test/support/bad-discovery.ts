import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const token = 'd2867d8b952d54dfc45968652f3fe277';

type Misbehaviour = (request: IncomingMessage, response: ServerResponse) => unknown;

/** How a discovery service can go wrong. Each is the first part of a path on the server. */
const misbehaviours = {
  silent: () => undefined,
  'half-a-body': (_request, response) => {
    response.writeHead(200, { 'Content-Length': 100 }).write('http://');
  },
  'a-byte-a-second': (request, response) => {
    const timer = setInterval(() => response.write('x'), 1000);
    request.socket.once('close', () => {
      clearInterval(timer);
    });
  },
  'status-500': (_request, response) => response.writeHead(500).end('out of order'),
  'redirects-endlessly': (request, response) =>
    response.writeHead(302, { Location: `${request.url ?? ''}/again` }).end(),
  'no-http': (request) => request.socket.end('\u0000\u0001 garbage\r\n\r\n'),
  'random-bytes': (_request, response) => response.end(Buffer.alloc(4096, 0xfe)),
  'a-hundred-megabytes': (_request, response) => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    let left = 100;
    const more = (): void => {
      while (left > 0) {
        left -= 1;
        if (!response.write(chunk)) {
          response.once('drain', more);
          return;
        }
      }
      response.end();
    };
    more();
  },
  // Nobody listens there.
  'another-host': (_request, response) => response.end(`http://127.0.0.9:9/${token}`),
} satisfies Record<string, Misbehaviour>;

export type BadDiscovery = keyof typeof misbehaviours;

/** A server of bad discovery services. */
export interface BadDiscoveryServer {
  url: (kind: BadDiscovery) => string;
  close: () => void;
}

/**
 * Starts the server on loopback. With `greets` the root of each service answers as it should, so that only the request
 * for a token goes wrong.
 */
export async function serveBadDiscovery({ greets }: { greets: boolean }): Promise<BadDiscoveryServer> {
  const server = createServer((request, response) => {
    const [, kind = '', rest] = (request.url ?? '').split('/');
    if (greets && rest === undefined) {
      response.end('etcd discovery');
      return;
    }
    (misbehaviours as Record<string, Misbehaviour>)[kind]?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (kind) => `http://127.0.0.1:${port}/${kind}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
