import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { systemErrorCode } from '../io/system-error.ts';

export interface FileDigest {
  /** In hexadecimal. */
  sha256: string;
  /** In the algorithm that was asked for, in hexadecimal. */
  hex: string;
  /** Bytes. */
  size: number;
}

/** What a file must be, as somebody said who knows. */
export interface ExpectedDigest {
  /** As node:crypto calls it: `sha256`, `sha1`, `md5`, ... */
  algorithm: string;
  /** Lower-case hexadecimal. */
  hex: string;
  /** Who says so, for messages: `the scenario`. */
  source: string;
  /** What to do where the file is right and the digest is not. */
  remedy: string;
}

/** Digests and size of a file, read once; undefined when it is not there. */
export async function digestOf(
  file: string,
  signal?: AbortSignal,
  algorithm = 'sha256',
): Promise<FileDigest | undefined> {
  const sha256 = createHash('sha256');
  const other = algorithm === 'sha256' ? undefined : createHash(algorithm);
  let size = 0;
  const count = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      sha256.update(chunk);
      other?.update(chunk);
      size += chunk.length;
    }
  };
  try {
    await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), count);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
  signal?.throwIfAborted();
  const hex = sha256.digest('hex');
  return { sha256: hex, hex: other?.digest('hex') ?? hex, size };
}
