import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { EnvironmentError } from '../model/errors.ts';
import { readTar } from './tar-reader.ts';

/** Larger members are refused: they would not fit into memory, and nothing that a lab installs is as large. */
const largestMember = 512 * 1024 * 1024;

/**
 * The content of one member of a `.tar` or `.tar.gz`. Done in this process because `Exec` gives text, and a member is
 * a program as a rule. Throws LAB_ARTIFACT_UNAVAILABLE when the archive is damaged or has no such file.
 */
export async function extractMember(archive: string, member: string): Promise<Buffer> {
  const wanted = withoutDot(member);
  const seen: string[] = [];
  let bytes: Readable | undefined;
  try {
    bytes = await openArchive(archive);
    for await (const { entry, content } of readTar(bytes)) {
      const name = withoutDot(entry.name);
      if (name === wanted) {
        if (entry.kind !== 'file') throw new Error(`${member} is no ordinary file in it`);
        if (entry.size > largestMember) throw new Error(`${member} is too large (${entry.size} bytes)`);
        return await content();
      }
      if (entry.kind === 'file' && seen.length < 10) seen.push(name);
    }
  } catch (cause) {
    throw unusable(archive, (cause as Error).message, cause);
  } finally {
    bytes?.destroy();
  }
  throw unusable(archive, `it has no ${member}; it has ${seen.join(', ') || 'no files'}`);
}

async function openArchive(archive: string): Promise<Readable> {
  const handle = await open(archive);
  const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
  await handle.close();
  const isGzip = buffer[0] === 0x1f && buffer[1] === 0x8b;
  const file = createReadStream(archive);
  if (!isGzip) return file;
  // Errors reach the reader of the last stream, and its end closes the file.
  return pipeline(file, createGunzip(), () => undefined);
}

function unusable(archive: string, reason: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError(
    'LAB_ARTIFACT_UNAVAILABLE',
    `The archive ${archive} cannot be used: ${reason}.`,
    {
      hint: 'Remove the file from the cache and run the same command again, or correct the member in the scenario.',
      cause,
    },
  );
}

function withoutDot(name: string): string {
  return name.replace(/^(\.\/)+/, '');
}
