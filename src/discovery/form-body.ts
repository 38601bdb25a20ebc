import type { IncomingMessage } from 'node:http';

/**
 * Reads an `application/x-www-form-urlencoded` body, the only kind that etcd members and `curl -d` send.
 * Undefined when it is longer than `maxBytes`. Rejects when the client breaks off.
 */
export async function readForm(
  request: IncomingMessage,
  maxBytes: number,
): Promise<URLSearchParams | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving the loop early must not destroy the socket: the refusal is still to be sent on it.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk as Buffer);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}
