import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EnvironmentError } from '../model/errors.ts';

/** A port that was free on the first address may be taken on the next; then another is tried, this many times. */
const freePortAttempts = 10;

/**
 * Listens on one port of several addresses, with a server for each. Port 0: any that is free on all of them.
 * Rejects with LAB_PORT_TAKEN or, where this machine has no such address, LAB_ADDRESS_MISSING; nothing then listens.
 */
export async function listenOnAll(
  newServer: () => Server,
  addresses: readonly string[],
  port: number,
): Promise<{ servers: Server[]; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const servers: Server[] = [];
    let chosen = port;
    try {
      for (const address of addresses) {
        const server = newServer();
        await listen(server, address, chosen);
        servers.push(server);
        chosen = (server.address() as AddressInfo).port;
      }
      return { servers, port: chosen };
    } catch (error) {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (port !== 0 || !isTaken || attempt === freePortAttempts)
        throw explain(error as NodeJS.ErrnoException);
    }
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function explain(error: NodeJS.ErrnoException & { address?: string; port?: number }): Error {
  const { code } = error;
  const place = `${error.address ?? ''}:${error.port ?? 0}`;
  if (code === 'EADDRINUSE') {
    return new EnvironmentError(
      'LAB_PORT_TAKEN',
      `The discovery service cannot listen on ${place}: another program does.`,
      {
        hint: `See which: \`ss -ltnp 'sport = :${error.port ?? 0}'\`. Stop it, or choose another port.`,
        cause: error,
      },
    );
  }
  if (code === 'EACCES') {
    return new EnvironmentError('LAB_PORT_TAKEN', `The discovery service may not listen on ${place}.`, {
      hint: 'Choose a port above 1023.',
      cause: error,
    });
  }
  const why = code === 'EADDRNOTAVAIL' ? 'this machine has no such address' : error.message;
  return new EnvironmentError(
    'LAB_ADDRESS_MISSING',
    `The discovery service cannot listen on ${place}: ${why}.`,
    {
      hint: 'Choose an address that `ip address` shows.',
      cause: error,
    },
  );
}
