import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExchangeServices } from './exchange.ts';
import { keyNotFound, KeysError, tryAgain } from './keys-error.ts';
import { parseTarget } from './request-target.ts';
import { sendKeysError, sendText, sendTextAndClose } from './responses.ts';
import { serveKey } from './serve-key.ts';
import { serveNewToken } from './serve-new-token.ts';
import type { SourceFilter } from './source-filter.ts';

/** What requests are answered with. */
export interface HandlerServices extends ExchangeServices {
  isAllowed: SourceFilter;
  maxUrlBytes: number;
}

/** Answers every request; never rejects. */
export async function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  services: HandlerServices,
): Promise<void> {
  try {
    await route(request, response, services);
  } catch (error) {
    fail(request, response, services, error);
  }
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  services: HandlerServices,
): Promise<void> {
  const from = request.socket.remoteAddress ?? 'unknown';
  const { url = '' } = request;
  if (!services.isAllowed(from)) {
    services.onEvent({ type: 'source-refused', from });
    sendTextAndClose(response, 403, `${from} may not use this discovery service\n`);
    return;
  }
  if (Buffer.byteLength(url) > services.maxUrlBytes) {
    sendTextAndClose(response, 414, `the URL is longer than ${services.maxUrlBytes} bytes\n`);
    return;
  }
  const parsed = parseTarget(url);
  if (parsed === undefined) {
    sendTextAndClose(response, 400, 'the URL cannot be read\n');
    return;
  }
  const exchange = { request, response, query: parsed.query, from };
  switch (parsed.target.kind) {
    case 'index':
      sendText(response, 200, 'etcd v2 discovery service of lab. GET /new?size=N makes a token.\n');
      return;
    case 'health':
      sendText(response, 200, 'OK');
      return;
    case 'robots':
      sendText(response, 200, 'User-agent: *\nDisallow: /');
      return;
    case 'new':
      await serveNewToken(exchange, services);
      return;
    case 'unknown':
      throw keyNotFound(parsed.target.key);
    case 'directory':
    case 'size':
    case 'member':
      await serveKey(parsed.target, exchange, services);
  }
}

function fail(
  request: IncomingMessage,
  response: ServerResponse,
  services: HandlerServices,
  error: unknown,
): void {
  // The client has gone: there is nobody to answer, and nothing is wrong with us.
  if (response.destroyed || request.errored !== null) return;
  if (!(error instanceof KeysError)) {
    const cause = error instanceof Error ? error : new Error(String(error));
    services.onEvent({
      type: 'request-failed',
      request: `${request.method ?? ''} ${request.url ?? ''}`,
      error: cause,
    });
    services.hub.breakAll();
  }
  if (response.headersSent) response.destroy();
  else {
    const answer = error instanceof KeysError ? error : tryAgain('the service could not keep the change');
    sendKeysError(response, answer, services.store.registry.index);
  }
}
