import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachePath, isHttp } from '../artifacts/artifact-places.ts';
import type { ExpectedDigest } from '../artifacts/digest.ts';
import type { WantedArtifact } from '../artifacts/known-digest.ts';
import { EnvironmentError } from '../model/errors.ts';
import type { BoxRequest } from '../model/plan.ts';
import { boxChecksum, parseBoxMetadata } from './box-metadata.ts';
import { boxTitle, obtainBox } from './box-options.ts';
import type { BoxOptions } from './box-options.ts';
import { chooseBox } from './choose-box.ts';
import { keepMetadata, metadataCopies } from './read-metadata.ts';

/** One version of a box, and where its file is. */
export interface LocatedBox {
  name: string;
  /** `0` for a file without metadata that was asked for without a version. */
  version: string;
  file:
    | { kind: 'local'; path: string; checksum?: ExpectedDigest }
    | { kind: 'artifact'; artifact: WantedArtifact };
  /** Undefined for a `.box` file that was asked for itself. */
  metadata?: { url: string; text: string; place: string };
}

/**
 * Chooses the version and file of a box from its metadata. What was fetched before is taken before newer metadata is
 * asked for: a lab that was prefetched stays with the version that is there. Throws LAB_BOX_MISSING with all places tried.
 */
export async function locateBox(request: BoxRequest, options: BoxOptions): Promise<LocatedBox> {
  const failures: string[] = [];
  const fail = (reason: string): void => void failures.push(reason);
  if (isBoxFile(request.url)) {
    try {
      return { name: request.name, version: request.version ?? '0', file: fileAt(request.url, undefined) };
    } catch (error) {
      throw boxMissing(request, options, [(error as Error).message]);
    }
  }
  for await (const { text, place, from } of copiesOf(request, options, fail)) {
    try {
      const located = chooseFrom(text, place, request, options);
      if (isHttp(request.url) && from !== 'cache') await keepMetadata(request.url, text, options);
      return located;
    } catch (error) {
      if ('syscall' in (error as Error)) throw error;
      fail(`${place}: ${(error as Error).message}`);
    }
  }
  throw boxMissing(request, options, failures);
}

/** LAB_BOX_MISSING with the places that were tried. */
export function boxMissing(
  request: BoxRequest,
  { provider, architecture, mirror }: BoxOptions,
  failures: readonly string[],
): EnvironmentError {
  const tried = [...(mirror === undefined ? ['LAB_MIRROR is not set'] : []), ...failures];
  return new EnvironmentError(
    'LAB_BOX_MISSING',
    `The box ${boxTitle(request)} for ${provider} (${architecture}) cannot be had. Tried:\n` +
      tried.map((line) => `  - ${line}`).join('\n'),
    { hint: obtainBox },
  );
}

function copiesOf(
  { url, name, version }: BoxRequest,
  options: BoxOptions,
  fail: (reason: string) => void,
): AsyncIterable<{ text: string; place: string; from: string }> {
  if (!isHttp(url)) return localMetadata(url, fail);
  const isFetched = (text: string): boolean => {
    try {
      const request = { url, name, ...(version === undefined ? {} : { version }) };
      const { file } = chooseFrom(text, 'the cache', request, options);
      return file.kind === 'artifact' && existsSync(cachePath(options.cacheDir, file.artifact.url));
    } catch {
      return false;
    }
  };
  return metadataCopies(url, options, isFetched, fail);
}

async function* localMetadata(
  url: string,
  fail: (reason: string) => void,
): AsyncGenerator<{ text: string; place: string; from: string }> {
  const place = localPath(url);
  if (place === undefined) {
    fail(`${url}: neither an http(s) URL nor an absolute path`);
    return;
  }
  try {
    yield { text: await readFile(place, 'utf8'), place, from: 'file' };
  } catch (error) {
    fail(`${place}: ${(error as Error).message}`);
  }
}

function chooseFrom(text: string, place: string, request: BoxRequest, options: BoxOptions): LocatedBox {
  const { provider, architecture } = options;
  const pinned = request.version === undefined ? {} : { version: request.version };
  const { version, file } = chooseBox(parseBoxMetadata(text), { ...pinned, provider, architecture });
  return {
    name: request.name,
    version,
    file: fileAt(file.url, boxChecksum(file, place)),
    metadata: { url: request.url, text, place },
  };
}

function fileAt(url: string, checksum: ExpectedDigest | undefined): LocatedBox['file'] {
  const known = checksum === undefined ? {} : { checksum };
  const path = localPath(url);
  if (path !== undefined) return { kind: 'local', path, ...known };
  if (!isHttp(url)) throw new Error(`its file ${url} is neither an http(s) URL nor an absolute path`);
  return { kind: 'artifact', artifact: { url, architectures: ['amd64'], obtain: obtainBox, ...known } };
}

function isBoxFile(url: string): boolean {
  return (isHttp(url) ? new URL(url).pathname : url).endsWith('.box');
}

function localPath(url: string): string | undefined {
  if (url.startsWith('file:')) return fileURLToPath(url);
  return isAbsolute(url) ? url : undefined;
}
