import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DiscoveryEvent } from './discovery-event.ts';
import type { WatchServices } from './serve-watch.ts';

/** One request on its way: what it asks for, and where the answer goes. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  /** The address that it comes from. */
  from: string;
}

/** What requests about tokens are answered with. */
export interface ExchangeServices extends WatchServices {
  maxBodyBytes: number;
  /** Host in the URLs that `/new` answers; without it, what the client wrote in its Host header. */
  publicHost: string | undefined;
  onEvent: (event: DiscoveryEvent) => void;
}
