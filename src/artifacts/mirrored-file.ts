import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError } from '../model/errors.ts';
import { inHttpMirror, isHttp, mirrorFolder } from './artifact-places.ts';
import { describeProgress } from './describe-progress.ts';
import { digestOf } from './digest.ts';
import { download } from './download.ts';
import type { ArtifactOptions } from './ensure-artifact.ts';
import { PartialFile } from './partial-file.ts';
import { listedDigest, readSums } from './sha256sums.ts';

/**
 * Copies a file that has no address of its own (a root file system that `lab` has made) from the mirror to `target`.
 * Answers the place that it was taken from; undefined: there is no mirror, or it does not have the file. Throws
 * LAB_ARTIFACT_CHECKSUM where it is not what the mirror's SHA256SUMS says: it is then set aside.
 */
export async function copyMirroredFile(
  name: string,
  target: string,
  options: Omit<ArtifactOptions, 'cacheDir' | 'lockFile'>,
): Promise<string | undefined> {
  const { mirror, offline, http, signal } = options;
  if (mirror === undefined || (offline === true && isHttp(mirror))) return undefined;
  const place = isHttp(mirror) ? inHttpMirror(mirror, name) : path.join(mirrorFolder(mirror), name);
  const listed = listedDigest(await readSums(mirror, http, signal), name, mirror);
  await mkdir(path.dirname(target), { recursive: true });
  const partial = await PartialFile.take(target);
  try {
    if (!(await get(name, place, partial, options))) return undefined;
    const found = await digestOf(partial.path, signal);
    if (listed !== undefined && found?.sha256 !== listed.hex) {
      const rejected = `${target}.rejected`;
      await rename(partial.path, rejected);
      throw new EnvironmentError(
        'LAB_ARTIFACT_CHECKSUM',
        `${place} is not the expected file: its SHA-256 is ${found?.sha256 ?? 'unknown'}, and ${listed.source} asks for ${listed.hex}.`,
        { hint: `The file is kept as ${rejected}. ${listed.remedy}` },
      );
    }
    await partial.finish(target);
    return place;
  } finally {
    await partial.putDown();
  }
}

/** False: it cannot be had there. */
async function get(
  name: string,
  place: string,
  partial: PartialFile,
  { http, clock, onProgress, signal }: Omit<ArtifactOptions, 'cacheDir' | 'lockFile'>,
): Promise<boolean> {
  try {
    if (!isHttp(place)) await partial.copy(place);
    else {
      await download(place, partial, {
        http,
        clock,
        checked: true,
        onBytes: describeProgress(name, onProgress),
        onResume: (bytes) => {
          onProgress(`${name}: the connection broke off; going on after ${bytes} bytes`);
        },
        ...(signal === undefined ? {} : { signal }),
      });
    }
    return true;
  } catch (error) {
    signal?.throwIfAborted();
    if (systemErrorCode(error) === 'ENOSPC') throw error;
    return false;
  }
}
