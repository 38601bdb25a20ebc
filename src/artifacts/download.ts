import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../io/clock.ts';
import type { Http, HttpResponse } from '../io/http.ts';
import type { PartialFile, PartialOrigin } from './partial-file.ts';

export interface DownloadOptions {
  http: Http;
  clock: Clock;
  /** The whole file is checked against a digest afterwards: bytes of before may be added to without a validator. */
  checked: boolean;
  /** Bytes so far, and of how many where the server said so. */
  onBytes: (bytes: number, total: number | undefined) => void;
  /** The connection broke off and the rest is asked for. */
  onResume: (bytes: number) => void;
  signal?: AbortSignal;
}

/** Without a byte for so long the connection counts as broken. */
const stallMs = 30_000;
/** For the whole file; a stalled one ends much earlier. */
const wholeMs = 6 * 60 * 60_000;
/** A connection that breaks is taken up again as long as it brings something, but not for ever. */
const maxResumes = 20;

/** Gets a URL into the partial file, going on where it ends. Throws an Error that says why it is not complete. */
export async function download(url: string, partial: PartialFile, options: DownloadOptions): Promise<void> {
  for (let resumes = 0; ; resumes += 1) {
    const before = await partial.size();
    try {
      await downloadOnce(url, partial, options);
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof StaleRangeError) continue;
      const after = await partial.size();
      if (!(error instanceof BrokenOffError) || after <= before || resumes >= maxResumes) throw error;
      options.onResume(after);
    }
  }
}

/** The body began and did not end. */
class BrokenOffError extends Error {}

async function downloadOnce(url: string, partial: PartialFile, options: DownloadOptions): Promise<void> {
  const { http, signal } = options;
  const start = await resumeAt(url, partial, options.checked);
  const stall = watchForStall(options.clock, signal);
  let body: BodyWriter | undefined;
  try {
    await http.download(
      { url, headers: start.headers, timeoutMs: wholeMs, signal: stall.signal },
      async (response) => {
        body = await BodyWriter.open(url, partial, start.offset, response);
      },
      async (chunk) => {
        stall.alive();
        await body?.write(chunk);
        options.onBytes(body?.position ?? 0, body?.total);
      },
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (body === undefined || !isConnectionFault(error)) throw error;
    throw new BrokenOffError((error as Error).message, { cause: error });
  } finally {
    stall.end();
    await body?.close();
  }
  // Not every end of a connection is reported as an error.
  if (body?.total !== undefined && body.position < body.total) {
    throw new BrokenOffError(
      `${url}: the connection broke off after ${body.position} of ${body.total} bytes`,
    );
  }
}

/** System errors of our own disk carry a `syscall` and no cause; what the Http says of the network is a plain Error. */
function isConnectionFault(error: unknown): boolean {
  return error instanceof Error && !('syscall' in error);
}

async function resumeAt(
  url: string,
  partial: PartialFile,
  checked: boolean,
): Promise<{ offset: number; headers: Record<string, string> }> {
  const offset = await partial.size();
  const origin = await partial.origin();
  const usable = origin?.url === url && (origin.validator !== undefined || checked);
  if (offset === 0 || !usable) return { offset: 0, headers: {} };
  const { validator } = origin;
  return {
    offset,
    headers: { range: `bytes=${offset}-`, ...(validator === undefined ? {} : { 'if-range': validator }) },
  };
}

/** The server answered, but not with what was asked for. */
class AnswerError extends Error {}

/** The bytes that we have are not the beginning of what the server has. They are dropped; the next request is for all. */
class StaleRangeError extends Error {}

/** Writes a body to its place in the partial file. */
class BodyWriter {
  readonly #handle: FileHandle;
  readonly total: number | undefined;
  position: number;

  private constructor(handle: FileHandle, position: number, total: number | undefined) {
    this.#handle = handle;
    this.position = position;
    this.total = total;
  }

  /** Decides by status whether the body goes on (206) or starts again (200). */
  static async open(
    url: string,
    partial: PartialFile,
    offset: number,
    response: Omit<HttpResponse, 'body'>,
  ): Promise<BodyWriter> {
    const { status, headers } = response;
    const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
    if (status === 206) {
      const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
      if (Number(range?.[1]) !== offset) return BodyWriter.#refuse(url, partial);
      const total = range?.[2] === '*' || range?.[2] === undefined ? undefined : Number(range[2]);
      return new BodyWriter(await open(partial.path, 'r+'), offset, total);
    }
    if (status === 200) {
      await partial.restart(originOf(url, headers));
      return new BodyWriter(await open(partial.path, 'r+'), 0, length);
    }
    if (status === 416 && offset > 0) return BodyWriter.#refuse(url, partial);
    throw new AnswerError(`${url}: HTTP ${status}`);
  }

  static async #refuse(url: string, partial: PartialFile): Promise<never> {
    await partial.restart({ url });
    throw new StaleRangeError(`${url}: what was fetched before is of no use`);
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let written = 0; written < chunk.length;) {
      const { bytesWritten } = await this.#handle.write(
        chunk,
        written,
        chunk.length - written,
        this.position,
      );
      written += bytesWritten;
      this.position += bytesWritten;
    }
  }

  async close(): Promise<void> {
    await this.#handle.sync();
    await this.#handle.close();
  }
}

/** A weak ETag does not promise the same bytes (RFC 9110, 8.8.1) and is of no use for If-Range. */
function originOf(url: string, headers: Record<string, string>): PartialOrigin {
  const etag = headers['etag'];
  const validator = etag !== undefined && !etag.startsWith('W/') ? etag : headers['last-modified'];
  return { url, ...(validator === undefined ? {} : { validator }) };
}

/** A signal that aborts when `alive` was not called for a while, or with the caller's signal. */
function watchForStall(
  clock: Clock,
  signal: AbortSignal | undefined,
): { signal: AbortSignal; alive: () => void; end: () => void } {
  const stalled = new AbortController();
  const ended = new AbortController();
  let lastByteAt = clock.elapsed();
  const watch = async (): Promise<void> => {
    while (!stalled.signal.aborted) {
      await clock.sleep(lastByteAt + stallMs - clock.elapsed(), ended.signal);
      if (clock.elapsed() - lastByteAt >= stallMs)
        stalled.abort(new Error(`no byte for ${stallMs / 1000} s`));
    }
  };
  // Rejects when it is ended, which is all it is for.
  watch().catch(() => undefined);
  return {
    signal: signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal]),
    alive: () => {
      lastByteAt = clock.elapsed();
    },
    end: () => {
      ended.abort();
    },
  };
}
