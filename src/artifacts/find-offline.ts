import path from 'node:path';
import { cachePath, isHttp, mirrorFolder, mirrorPlaces } from './artifact-places.ts';
import { digestOf } from './digest.ts';
import type { ExpectedDigest } from './digest.ts';
import type { ArtifactOptions } from './ensure-artifact.ts';
import { knownDigest } from './known-digest.ts';
import type { WantedArtifact } from './known-digest.ts';
import { listedDigest, readSums } from './sha256sums.ts';

type Places = Pick<ArtifactOptions, 'cacheDir' | 'lockFile' | 'mirror' | 'signal'>;

/** A file on this computer that is what it should be, or why there is none. */
export type OfflineFile = { place: string; size: number } | { missing: string };

/** Looks for an artifact in the cache and in a mirror that is a folder, and reads what is there to compare its digest. */
export async function findOffline(artifact: WantedArtifact, places: Places): Promise<OfflineFile> {
  const known = await knownDigest(artifact, places.lockFile);
  const cached = { file: cachePath(places.cacheDir, artifact.url), expected: [known] };
  const listed = await mirrored(places.mirror, (mirror, sums) =>
    mirrorPlaces(mirror, artifact.url).map(({ listedAs }) => ({
      file: path.join(mirrorFolder(mirror), listedAs),
      expected: [known, listedDigest(sums, listedAs, mirror)],
    })),
  );
  return firstWhole([cached, ...listed], places);
}

/** The same for a file that has no address of its own: `cached`, or of that name in the mirror. */
export async function findFileOffline(name: string, cached: string, places: Places): Promise<OfflineFile> {
  const listed = await mirrored(places.mirror, (mirror, sums) => [
    { file: path.join(mirrorFolder(mirror), name), expected: [listedDigest(sums, name, mirror)] },
  ]);
  return firstWhole([{ file: cached, expected: [] }, ...listed], places);
}

interface Candidate {
  file: string;
  expected: (ExpectedDigest | undefined)[];
}

async function mirrored(
  mirror: string | undefined,
  candidates: (mirror: string, sums: Awaited<ReturnType<typeof readSums>>) => Candidate[],
): Promise<Candidate[]> {
  if (mirror === undefined || isHttp(mirror)) return [];
  return candidates(mirror, await readSums(mirror));
}

async function firstWhole(
  candidates: readonly Candidate[],
  { mirror, signal }: Places,
): Promise<OfflineFile> {
  const damaged: string[] = [];
  for (const { file, expected } of candidates) {
    const algorithm = expected.find((digest) => digest !== undefined)?.algorithm;
    const found = await digestOf(file, signal, algorithm);
    if (found === undefined) continue;
    const isRight = (digest: ExpectedDigest): boolean =>
      digest.hex === (digest.algorithm === 'sha256' ? found.sha256 : found.hex);
    if (expected.every((digest) => digest === undefined || isRight(digest))) {
      return { place: file, size: found.size };
    }
    damaged.push(`${file} is not the expected file`);
  }
  const inMirror =
    mirror === undefined
      ? 'LAB_MIRROR is not set'
      : isHttp(mirror)
        ? 'LAB_MIRROR is an address, which is not asked'
        : `not in LAB_MIRROR (${mirror})`;
  return { missing: [...damaged, 'not in the cache', inMirror].join(', ') };
}
