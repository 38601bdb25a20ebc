import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { Clock } from '../io/clock.ts';
import { createPrivateDirectory, writeFileAtomically } from '../io/files.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError } from '../model/errors.ts';
import { withLock } from '../state/process-lock.ts';

/** Others only read and write a few lines meanwhile. */
const lockTimeoutMs = 10_000;

const entry = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Bytes. */
  size: z.number().int().nonnegative(),
  /** ISO 8601. */
  fetchedAt: z.string(),
});

/** The lock file: URL to what was fetched from it first. Every later fetch must give the same bytes. */
const lockSchema = z.record(z.string(), entry);

export type ArtifactLockEntry = z.infer<typeof entry>;

/** The entry of a URL, if it was fetched before. Throws LAB_ARTIFACT_CHECKSUM when the file cannot be understood. */
export async function readLockEntry(lockFile: string, url: string): Promise<ArtifactLockEntry | undefined> {
  return (await readLock(lockFile))[url];
}

/** Writes down what the first fetch gave, unless somebody else was first. Returns the entry that stands. */
export async function recordFirstFetch(
  lockFile: string,
  url: string,
  found: { sha256: string; size: number },
  clock: Clock,
): Promise<ArtifactLockEntry> {
  await createPrivateDirectory(path.dirname(lockFile));
  const lock = { path: `${lockFile}.lock`, command: 'record an artifact', clock, timeoutMs: lockTimeoutMs };
  return withLock(lock, async () => {
    const lock = await readLock(lockFile);
    const standing = lock[url];
    if (standing !== undefined) return standing;
    const added = { ...found, fetchedAt: new Date(clock.now()).toISOString() };
    const text = `${JSON.stringify({ ...lock, [url]: added }, null, 2)}\n`;
    await writeFileAtomically(lockFile, text, { mode: 0o644 });
    return added;
  });
}

async function readLock(lockFile: string): Promise<Record<string, ArtifactLockEntry>> {
  try {
    return lockSchema.parse(JSON.parse(await readFile(lockFile, 'utf8')));
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') return {};
    throw new EnvironmentError('LAB_ARTIFACT_CHECKSUM', `The lock file ${lockFile} cannot be read.`, {
      hint: 'Correct it, or remove it: checksums are then taken anew from the next fetch.',
      cause,
    });
  }
}
