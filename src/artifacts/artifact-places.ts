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

/**
 * Where a mirror (`LAB_MIRROR`: a folder, a `file:` URL or an `http(s):` URL) can have the file of a URL: under its
 * name, or under the URL's host and path, which is how `wget --mirror` lays files out.
 */
export function mirrorPlaces(mirror: string, url: string): ArtifactPlace[] {
  const { host, pathname } = new URL(url);
  const name = artifactFileName(url);
  if (isHttp(mirror)) {
    const base = mirror.replace(/\/+$/, '');
    return [`${base}/${encodeURIComponent(name)}`, `${base}/${host}${pathname}`].map((address) => ({
      kind: 'http',
      url: address,
    }));
  }
  const folder = mirror.startsWith('file:') ? fileURLToPath(mirror) : mirror;
  return [path.join(folder, name), path.join(folder, host, pathname)].map((file) => ({
    kind: 'file',
    path: file,
  }));
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
