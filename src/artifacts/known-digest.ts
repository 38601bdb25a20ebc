import type { Artifact } from '../model/scenario.ts';
import { readLockEntry } from './artifact-lock.ts';
import type { ExpectedDigest } from './digest.ts';

/** Something to fetch; `checksum` is what its publisher says of it in another way than the scenario's `sha256`. */
export type WantedArtifact = Artifact & { checksum?: ExpectedDigest };

/** What the artifact must be: as its publisher says, else as it was at the first fetch; undefined where nobody knows. */
export async function knownDigest(
  { checksum, sha256, url }: WantedArtifact,
  lockFile: string,
): Promise<ExpectedDigest | undefined> {
  if (checksum !== undefined) return checksum;
  if (sha256 !== undefined) {
    const remedy = 'If the change is wanted, correct the scenario.';
    return { algorithm: 'sha256', hex: sha256, source: 'the scenario', remedy };
  }
  const entry = await readLockEntry(lockFile, url);
  return entry === undefined ? undefined : lockedDigest(entry.sha256, lockFile);
}

/** What the lock file asks for. */
export function lockedDigest(hex: string, lockFile: string): ExpectedDigest {
  const remedy = 'If the change is wanted, remove the entry of its URL from the lock file.';
  return { algorithm: 'sha256', hex, source: `the lock file ${lockFile}`, remedy };
}
