import type { IncomingMessage } from 'node:http';
import type { Exchange, ExchangeServices } from './exchange.ts';
import { readForm } from './form-body.ts';
import { KeysError } from './keys-error.ts';
import { sendText, sendTextAndClose } from './responses.ts';

/** What discovery.etcd.io takes when it is not told. */
const defaultSize = 3;

/**
 * `GET /new[?size=N]`: makes a token and answers its URL as plain text without a newline, as discovery.etcd.io did.
 * PUT and POST, with the size in the query or in a form, do the same: old documents use them.
 */
export async function serveNewToken(exchange: Exchange, services: ExchangeServices): Promise<void> {
  const { request, response, query, from } = exchange;
  if (!['GET', 'PUT', 'POST'].includes(request.method ?? '')) {
    response.setHeader('Allow', 'GET, PUT, POST');
    sendTextAndClose(response, 405, 'Method Not Allowed\n');
    return;
  }
  const form = await readForm(request, services.maxBodyBytes);
  if (form === undefined) {
    sendTextAndClose(response, 413, `the body is longer than ${services.maxBodyBytes} bytes\n`);
    return;
  }
  const text = form.get('size') ?? query.get('size') ?? '';
  if (text !== '' && !/^[+-]?\d+$/.test(text)) {
    // The words of the original, which is written in Go.
    sendText(response, 400, `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax\n`);
    return;
  }
  const size = text === '' ? defaultSize : Number(text);
  const token = createToken(size, services);
  if (token instanceof KeysError) {
    sendText(response, token.status, `Unable to generate token: ${token.reason}\n`);
    return;
  }
  await services.store.settled();
  services.onEvent({ type: 'token-created', token, size, from });
  sendText(response, 200, `${originOf(request, services.publicHost)}/${token}`);
}

function createToken(size: number, { store }: ExchangeServices): string | KeysError {
  try {
    return store.registry.createToken(size);
  } catch (error) {
    if (error instanceof KeysError) return error;
    throw error;
  }
}

/** The address by which the client knows this service; where it does not say so, the one that it reached. */
function originOf({ headers, socket }: IncomingMessage, publicHost: string | undefined): string {
  if (publicHost !== undefined) return `http://${publicHost}:${socket.localPort ?? 80}`;
  const { host } = headers;
  if (host !== undefined && /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/.test(host))
    return `http://${host}`;
  const address = (socket.localAddress ?? '127.0.0.1').replace(/^::ffff:(?=\d+\.)/, '');
  return `http://${address.includes(':') ? `[${address}]` : address}:${socket.localPort ?? 80}`;
}
