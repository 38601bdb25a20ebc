import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { cachePath, describePlace, isHttp, mirrorPlaces } from '../artifacts/artifact-places.ts';
import type { ArtifactPlace } from '../artifacts/artifact-places.ts';
import type { ExpectedDigest } from '../artifacts/digest.ts';
import { listedDigest, readSums } from '../artifacts/sha256sums.ts';
import { createPrivateDirectory, writeFileAtomically } from '../io/files.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError } from '../model/errors.ts';
import type { BoxOptions } from './box-options.ts';

/** Box metadata as it was found at some place. */
export interface MetadataCopy {
  text: string;
  /** Path or URL. */
  place: string;
  from: 'mirror' | 'url' | 'cache';
}

/** Far more than a catalogue has for one box. */
const maxBytes = 16 * 1024 * 1024;
const requestMs = 30_000;

/**
 * The metadata of a URL at every place that has it, one after the other: the mirror, then the copy in the cache where
 * `preferCached` says so, then the URL itself, then the copy in the cache. What is not there goes to `onFailure`.
 * Throws LAB_ARTIFACT_CHECKSUM where the mirror's file is not what its SHA256SUMS says.
 */
export async function* metadataCopies(
  url: string,
  options: BoxOptions,
  preferCached: (text: string) => boolean,
  onFailure: (reason: string) => void,
): AsyncGenerator<MetadataCopy> {
  for (const { place, listed } of await placesInMirror(url, options)) {
    const text = await readPlace(place, options, onFailure);
    if (text === undefined) continue;
    assertListed(text, place, listed);
    yield { text, place: describePlace(place), from: 'mirror' };
  }
  const cached = cachePath(options.metadataDir, url);
  const copy = await readPlace({ kind: 'file', path: cached }, options, () => undefined);
  const isPreferred = copy !== undefined && preferCached(copy);
  if (isPreferred) yield { text: copy, place: cached, from: 'cache' };
  const live = await readPlace({ kind: 'http', url }, options, onFailure);
  if (live !== undefined) yield { text: live, place: url, from: 'url' };
  if (copy !== undefined && !isPreferred) yield { text: copy, place: cached, from: 'cache' };
}

/** Keeps a copy in the cache. */
export async function keepMetadata(url: string, text: string, { metadataDir }: BoxOptions): Promise<void> {
  await createPrivateDirectory(metadataDir);
  await writeFileAtomically(cachePath(metadataDir, url), text, { mode: 0o644 });
}

async function placesInMirror(
  url: string,
  { mirror, http, offline, signal }: BoxOptions,
): Promise<{ place: ArtifactPlace; listed: ExpectedDigest | undefined }[]> {
  if (mirror === undefined) return [];
  const sums = offline === true && isHttp(mirror) ? {} : await readSums(mirror, http, signal);
  return mirrorPlaces(mirror, url).map((place) => ({
    place,
    listed: listedDigest(sums, place.listedAs, mirror),
  }));
}

function assertListed(text: string, place: ArtifactPlace, listed: ExpectedDigest | undefined): void {
  const found = createHash('sha256').update(text).digest('hex');
  if (listed === undefined || found === listed.hex) return;
  throw new EnvironmentError(
    'LAB_ARTIFACT_CHECKSUM',
    `The box metadata ${describePlace(place)} is not the expected one: its SHA-256 is ${found}, and ${listed.source} asks for ${listed.hex}.`,
    { hint: `Fetch it again with \`lab prefetch --to\`. ${listed.remedy}` },
  );
}

/** Undefined: it cannot be had there, and the reason was said. */
async function readPlace(
  place: ArtifactPlace,
  { http, offline, signal }: BoxOptions,
  onFailure: (reason: string) => void,
): Promise<string | undefined> {
  const where = describePlace(place);
  signal?.throwIfAborted();
  try {
    if (place.kind === 'file') return await readFile(place.path, 'utf8');
    if (offline === true) {
      onFailure(`${where}: not asked, because the network is not to be used`);
      return undefined;
    }
    const headers = { Accept: 'application/json' };
    const limits = { timeoutMs: requestMs, maxBytes, ...(signal === undefined ? {} : { signal }) };
    const { status, body } = await http.request({ url: place.url, headers, ...limits });
    if (status === 200) return body;
    onFailure(`${where}: HTTP ${status}`);
  } catch (error) {
    signal?.throwIfAborted();
    const isMissing = ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(systemErrorCode(error) ?? '');
    const reason = isMissing ? 'it is not there' : (error as Error).message;
    onFailure(reason.includes(where) ? reason : `${where}: ${reason}`);
  }
  return undefined;
}
