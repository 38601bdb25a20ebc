export interface HttpRequest {
  url: string;
  method?: 'GET' | 'PUT' | 'DELETE';
  headers?: Record<string, string>;
  body?: string;
  /** The whole exchange must end within this many milliseconds. */
  timeoutMs: number;
  /**
   * An address that takes no connection within this many milliseconds counts as one that does not answer; a connection
   * that is made has the whole time. For `http:` only.
   */
  connectTimeoutMs?: number;
  signal?: AbortSignal;
  /** More than this many bytes of body are an error. Default 1 MiB. */
  maxBytes?: number;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Somebody answered, and it is no answer of HTTP, leads nowhere or is too long. */
export class BadAnswerError extends Error {}

/** Any answer is a result; no answer (refused, timeout, name not found) throws an Error whose message says why; one that cannot be used, a BadAnswerError. */
export interface Http {
  request(request: HttpRequest): Promise<HttpResponse>;
  /** Streams a body to `onChunk`, for downloads. Resolves with status and headers when the body has ended. */
  download(
    request: Omit<HttpRequest, 'maxBytes' | 'body' | 'method'>,
    onResponse: (response: Omit<HttpResponse, 'body'>) => Promise<void> | void,
    onChunk: (chunk: Uint8Array) => Promise<void>,
  ): Promise<void>;
}
