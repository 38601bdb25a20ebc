import { access } from 'node:fs/promises';
import type { Artifact } from '../model/scenario.ts';
import { cachePath, isHttp, mirrorPlaces } from './artifact-places.ts';

/**
 * Whether an artifact can be had, without asking the network and without reading it: `yes` when it is in the cache
 * or in a mirror that is a folder; `unknown` when it has to be tried; `no` when there is no way to it at all.
 */
export async function artifactObtainable(
  artifact: Artifact,
  options: { cacheDir: string; mirror?: string },
): Promise<'yes' | 'no' | 'unknown'> {
  const { cacheDir, mirror } = options;
  const inMirror = mirror === undefined ? [] : mirrorPlaces(mirror, artifact.url);
  const files = [
    cachePath(cacheDir, artifact.url),
    ...inMirror.flatMap((place) => (place.kind === 'file' ? [place.path] : [])),
  ];
  const present = await Promise.all(files.map(isReadable));
  if (present.includes(true)) return 'yes';
  const overHttp = isHttp(artifact.url) || inMirror.some((place) => place.kind === 'http');
  return overHttp ? 'unknown' : 'no';
}

async function isReadable(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
