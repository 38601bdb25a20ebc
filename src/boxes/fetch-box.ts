import { digestOf } from '../artifacts/digest.ts';
import { ensureArtifact } from '../artifacts/ensure-artifact.ts';
import { EnvironmentError, LabError } from '../model/errors.ts';
import { boxTitle, obtainBox } from './box-options.ts';
import type { BoxOptions } from './box-options.ts';
import type { LocatedBox } from './locate-box.ts';

/** A box file that is on this computer and is what its metadata says. */
export interface FetchedBox {
  path: string;
  sha256: string;
  /** The path or URL that it was taken from. */
  place: string;
  /** No checksum was known: this one is asked for from now on. */
  firstFetch: boolean;
}

/**
 * Sees to it that the file of a box is on this computer: in the cache, or where it is where that is a local path. Throws
 * LAB_BOX_MISSING, LAB_ARTIFACT_CHECKSUM, LAB_DISK_LOW.
 */
export async function fetchBox(box: LocatedBox, options: BoxOptions): Promise<FetchedBox> {
  const title = `box ${boxTitle(box)}`;
  if (box.file.kind === 'artifact') {
    try {
      return await ensureArtifact(title, box.file.artifact, options);
    } catch (error) {
      if (!(error instanceof LabError) || error.code !== 'LAB_ARTIFACT_UNAVAILABLE') throw error;
      throw new EnvironmentError('LAB_BOX_MISSING', error.message, error.details);
    }
  }
  const { path, checksum } = box.file;
  const digest = await digestOf(path, options.signal, checksum?.algorithm);
  if (digest === undefined) {
    throw new EnvironmentError('LAB_BOX_MISSING', `The ${title} cannot be had: there is no ${path}.`, {
      hint: `Correct the address in the scenario. ${obtainBox}`,
    });
  }
  if (checksum !== undefined && digest.hex !== checksum.hex) {
    throw new EnvironmentError(
      'LAB_ARTIFACT_CHECKSUM',
      `The file of ${title}, ${path}, is not the expected one: its ${checksum.algorithm} is ${digest.hex}, and ${checksum.source} asks for ${checksum.hex}.`,
      { hint: checksum.remedy },
    );
  }
  return { path, sha256: digest.sha256, place: path, firstFetch: false };
}
