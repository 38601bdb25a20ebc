import http from 'node:http';
import type { IncomingHttpHeaders, RequestOptions } from 'node:http';

/** A whole answer to one request. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** One request on the wire, without any of the product's code; rejects where the connection breaks. */
export function send(
  method: string,
  url: string,
  options: RequestOptions & { form?: string } = {},
): Promise<Answer> {
  const { form, headers, ...rest } = options;
  const formHeaders = form === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' };
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      { method, ...rest, headers: { ...formHeaders, ...(headers as Record<string, string> | undefined) } },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => (body += text));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      },
    );
    request.on('error', reject);
    request.end(form);
  });
}
