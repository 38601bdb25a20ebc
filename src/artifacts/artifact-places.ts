import { createHash } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The name that a person gives the file in a mirror: the last segment of the URL's path. */
export function artifactFileName(url: string): string {
  const segment = new URL(url).pathname.split('/').at(-1) ?? '';
  // A segment can hold an encoded slash; what comes out must be a name and no path.
  const name = path.posix.basename(decodeSegment(segment));
  return name === '' || name === '.' || name === '..' ? 'artifact' : name;
}

/** Where the cache keeps the file of a URL. Files of the same name from two URLs do not meet. */
export function cachePath(cacheDir: string, url: string): string {
  const key = createHash('sha256').update(url).digest('hex').slice(0, 12);
  return path.join(cacheDir, `${key}-${artifactFileName(url)}`);
}

/** A place to get an artifact from. */
export type ArtifactPlace = { kind: 'file'; path: string } | { kind: 'http'; url: string };

/** A place in a mirror; `listedAs` is its path in the mirror's SHA256SUMS. */
export type MirrorPlace = ArtifactPlace & { listedAs: string };

/**
 * Where a mirror (`LAB_MIRROR`: a folder, a `file:` URL or an `http(s):` URL) can have the file of a URL: under its
 * name, or under the URL's host and path, which is how `wget --mirror` lays files out.
 */
export function mirrorPlaces(mirror: string, url: string): MirrorPlace[] {
  const { host, pathname } = new URL(url);
  const name = artifactFileName(url);
  const byHost = `${host}${pathname}`;
  if (isHttp(mirror)) {
    return [
      { kind: 'http', url: inHttpMirror(mirror, encodeURIComponent(name)), listedAs: name },
      { kind: 'http', url: inHttpMirror(mirror, byHost), listedAs: byHost },
    ];
  }
  const folder = mirrorFolder(mirror);
  return [name, byHost].map((listedAs) => ({ kind: 'file', path: path.join(folder, listedAs), listedAs }));
}

/** Address of a path in a mirror that is served. */
export function inHttpMirror(mirror: string, place: string): string {
  return `${mirror.replace(/\/+$/, '')}/${place}`;
}

/** The folder of a mirror that is not served. */
export function mirrorFolder(mirror: string): string {
  return mirror.startsWith('file:') ? fileURLToPath(mirror) : mirror;
}

export function isHttp(address: string): boolean {
  return /^https?:\/\//i.test(address);
}

export function describePlace(place: ArtifactPlace): string {
  return place.kind === 'file' ? place.path : place.url;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
