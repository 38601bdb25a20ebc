import type { ServerResponse } from 'node:http';
import type { KeysError } from './keys-error.ts';
import type { KeyEvent } from './registry.ts';

/** Headers of every answer about keys. Members read `X-Etcd-Index` to know from where to watch. */
export const keysHeaders = (index: number): Record<string, string> => ({
  'Content-Type': 'application/json',
  'X-Etcd-Index': String(index),
});

/** etcd ends its JSON with a newline. */
export const toBody = (value: unknown): string => `${JSON.stringify(value)}\n`;

/** 201 for a key that was not there before, 200 else, as etcd does. */
export function sendEvent(response: ServerResponse, event: KeyEvent, index: number): void {
  const isNew = (event.action === 'create' || event.action === 'set') && event.prevNode === undefined;
  send(response, isNew ? 201 : 200, keysHeaders(index), toBody(event));
}

export function sendKeysError(response: ServerResponse, error: KeysError, index: number): void {
  const { errorCode, message, reason } = error;
  send(response, error.status, keysHeaders(index), toBody({ errorCode, message, cause: reason, index }));
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  send(response, status, { 'Content-Type': 'text/plain; charset=utf-8' }, text);
}

/** For requests that are refused before they were read to their end: what is left of them is not waited for. */
export function sendTextAndClose(response: ServerResponse, status: number, text: string): void {
  response.shouldKeepAlive = false;
  sendText(response, status, text);
}

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: string): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
