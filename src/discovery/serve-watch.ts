import type { ServerResponse } from 'node:http';
import type { Clock } from '../io/clock.ts';
import { indexNotANumber, tryAgain } from './keys-error.ts';
import type { WatchScope } from './registry.ts';
import type { RegistryChange } from './registry-snapshot.ts';
import type { RegistryStore } from './registry-store.ts';
import { keysHeaders, toBody } from './responses.ts';
import type { Watch, WatchHub } from './watch-hub.ts';

export interface WatchRequest {
  token: string;
  scope: WatchScope;
  /** The query of the request: `waitIndex`. */
  query: URLSearchParams;
  response: ServerResponse;
}

export interface WatchServices {
  store: RegistryStore;
  hub: WatchHub;
  clock: Clock;
  /** A watch without an event ends after this time with an empty answer. */
  idleWatchMs: number;
}

/**
 * Answers `?wait=true&waitIndex=N`: with the first event of index N or later, from history or as soon as it happens.
 * The headers of a watch that has to wait go out at once, as etcd's do. A watch that stays idle ends with an empty body,
 * upon which the client asks again; one that cannot be answered any more is cut off, upon which it re-reads everything.
 */
export async function serveWatch(request: WatchRequest, services: WatchServices): Promise<void> {
  const { token, response, query } = request;
  const { store, hub, clock } = services;
  const fromIndex = parseWaitIndex(query) || store.registry.index + 1;
  const watch = hub.open(token);
  const idle = new AbortController();
  response.once('close', () => {
    watch.wake('gone');
  });
  clock.sleep(services.idleWatchMs, idle.signal).then(
    () => {
      watch.wake('idle');
    },
    () => undefined,
  );
  try {
    await waitForEvent(request, services, watch, fromIndex);
  } finally {
    idle.abort();
    hub.close(token, watch);
  }
}

async function waitForEvent(
  { token, scope, response }: WatchRequest,
  { store }: WatchServices,
  watch: Watch,
  fromIndex: number,
): Promise<void> {
  for (;;) {
    const event = store.registry.nextEvent(token, scope, fromIndex);
    const index = store.registry.index;
    // Not before it is safe: a member that has seen an event would wait for ever for those that get its number again.
    await store.settled();
    if (event !== undefined && !canBeTold(event, scope)) throw tryAgain('the members have changed');
    if (!response.headersSent) {
      response.writeHead(200, keysHeaders(index));
      response.flushHeaders();
    }
    if (event !== undefined) {
      response.end(toBody(event));
      return;
    }
    const wake = await watch.next();
    if (wake === 'broken') throw tryAgain('the service is closing');
    if (wake !== 'changed') {
      response.end();
      return;
    }
  }
}

/**
 * A member takes every event of the directory for one more member (etcd's v2discovery `waitNodes` appends its node unseen).
 * So only what joins may be told; after anything else the member must read the directory anew, which a broken watch makes it do.
 * etcd itself tells removals too, and the members that wait then end with a damaged list.
 */
function canBeTold(event: RegistryChange, scope: WatchScope): boolean {
  return scope.kind !== 'members' || (event.action !== 'delete' && event.prevNode === undefined);
}

function parseWaitIndex(query: URLSearchParams): number {
  const text = query.get('waitIndex') ?? '0';
  if (!/^\d{1,15}$/.test(text)) throw indexNotANumber('waitIndex');
  return Number(text);
}
