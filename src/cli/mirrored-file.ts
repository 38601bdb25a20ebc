import { copyMirroredFile } from '../artifacts/mirrored-file.ts';
import { artifactPlaces } from './artifact-source.ts';
import type { Tools } from './tools.ts';

/** Copies the file of a name from a mirror to a path. False: there is none. Throws LAB_ARTIFACT_CHECKSUM. */
export type MirroredFile = (
  name: string,
  target: string,
  onLine: (line: string) => void,
  signal?: AbortSignal,
) => Promise<boolean>;

/** From LAB_MIRROR. */
export function mirroredFile({ cache, http, clock }: Pick<Tools, 'cache' | 'http' | 'clock'>): MirroredFile {
  return async (name, target, onLine, signal) => {
    const options = { ...artifactPlaces({ cache }), http, clock, onProgress: onLine };
    const place = await copyMirroredFile(name, target, {
      ...options,
      ...(signal === undefined ? {} : { signal }),
    });
    if (place !== undefined) onLine(`${target} from ${place}`);
    return place !== undefined;
  };
}
