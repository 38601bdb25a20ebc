import type { Exchange, ExchangeServices } from './exchange.ts';
import { readForm } from './form-body.ts';
import { invalidField } from './keys-error.ts';
import type { KeyEvent, PutOptions } from './registry.ts';
import type { RequestTarget } from './request-target.ts';
import { sendEvent, sendTextAndClose } from './responses.ts';
import { serveWatch } from './serve-watch.ts';

type KeyTarget = Extract<RequestTarget, { token: string }>;

/** Answers requests about the keys of a token, as etcd's v2 keys API does. Rejects with a `KeysError`. */
export async function serveKey(
  target: KeyTarget,
  exchange: Exchange,
  services: ExchangeServices,
): Promise<void> {
  const { request, response } = exchange;
  if (request.method === 'GET') {
    await serveRead(target, exchange, services);
  } else if (request.method === 'PUT' && target.kind !== 'directory') {
    await servePut(target, exchange, services);
  } else if (request.method === 'DELETE' && target.kind === 'member') {
    const event = services.store.registry.deleteMember(target.token, target.id);
    await sendChange(event, target.token, exchange, services);
    services.onEvent({ type: 'member-removed', token: target.token, id: target.id, from: exchange.from });
  } else {
    response.setHeader(
      'Allow',
      { directory: 'GET', size: 'GET, PUT', member: 'GET, PUT, DELETE' }[target.kind],
    );
    sendTextAndClose(response, 405, 'Method Not Allowed\n');
  }
}

async function serveRead(target: KeyTarget, exchange: Exchange, services: ExchangeServices): Promise<void> {
  const { query, response } = exchange;
  if (isTrue(query, 'wait')) {
    const scope = target.kind === 'directory' ? ({ kind: 'members' } as const) : target;
    await serveWatch({ token: target.token, scope, query, response }, services);
    return;
  }
  const { registry } = services.store;
  const { index } = registry;
  const event =
    target.kind === 'directory'
      ? registry.getDirectory(target.token)
      : target.kind === 'size'
        ? registry.getSize(target.token)
        : registry.getMember(target.token, target.id);
  await services.store.settled();
  sendEvent(response, event, index);
}

async function servePut(
  target: Exclude<KeyTarget, { kind: 'directory' }>,
  exchange: Exchange,
  services: ExchangeServices,
): Promise<void> {
  const { request, response, query, from } = exchange;
  const form = await readForm(request, services.maxBodyBytes);
  if (form === undefined) {
    sendTextAndClose(response, 413, `the body is longer than ${services.maxBodyBytes} bytes\n`);
    return;
  }
  const { value, options } = readPut(form, query);
  const { registry } = services.store;
  const { token } = target;
  if (target.kind === 'size') {
    const size = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    const event = registry.setSize(token, size, options);
    await sendChange(event, token, exchange, services);
    if (event.prevNode === undefined) services.onEvent({ type: 'token-created', token, size, from });
    return;
  }
  const event = registry.putMember(token, target.id, value, options);
  const { size, members } = registry.describe(token);
  await sendChange(event, token, exchange, services);
  const { id } = target;
  services.onEvent({ type: 'member-registered', token, id, value, registered: members.length, size, from });
}

/** What a PUT asks for. etcd takes each field from the body or from the query. */
function readPut(form: URLSearchParams, query: URLSearchParams): { value: string; options: PutOptions } {
  const field = (name: string): string | null => form.get(name) ?? query.get(name);
  const unsupported = ['ttl', 'dir', 'prevValue', 'prevIndex', 'refresh'].find(
    (name) => field(name) !== null,
  );
  if (unsupported !== undefined) throw invalidField(`${unsupported} is not supported`);
  const prevExist = field('prevExist');
  if (prevExist !== null && prevExist !== 'false') throw invalidField('invalid value for prevExist');
  const value = field('value') ?? '';
  // Values end up on terminals and in logs.
  if (value === '' || /\p{Cc}/u.test(value))
    throw invalidField('value is missing or holds control characters');
  return { value, options: { mustBeNew: prevExist === 'false' } };
}

/** First safe, then known to those who wait, then answered. */
async function sendChange(
  event: KeyEvent,
  token: string,
  { response }: Exchange,
  { store, hub }: ExchangeServices,
): Promise<void> {
  const { index } = store.registry;
  await store.settled();
  hub.changed(token);
  sendEvent(response, event, index);
}

function isTrue(query: URLSearchParams, name: string): boolean {
  const value = query.get(name) ?? 'false';
  if (value !== 'true' && value !== 'false') throw invalidField(`invalid value for "${name}"`);
  return value === 'true';
}
