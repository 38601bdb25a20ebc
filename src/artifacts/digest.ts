import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { systemErrorCode } from '../io/system-error.ts';

export interface FileDigest {
  /** In hexadecimal. */
  sha256: string;
  /** Bytes. */
  size: number;
}

/** Digest and size of a file; undefined when it is not there. */
export async function digestOf(file: string, signal?: AbortSignal): Promise<FileDigest | undefined> {
  const hash = createHash('sha256');
  let size = 0;
  const count = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
    }
  };
  try {
    await pipeline(createReadStream(file), count);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  signal?.throwIfAborted();
  return { sha256: hash.digest('hex'), size };
}
