import { rename } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../io/clock.ts';
import { createPrivateDirectory } from '../io/files.ts';
import type { Http } from '../io/http.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError } from '../model/errors.ts';
import { recordFirstFetch } from './artifact-lock.ts';
import { artifactFileName, cachePath, describePlace, isHttp, mirrorPlaces } from './artifact-places.ts';
import type { ArtifactPlace, MirrorPlace } from './artifact-places.ts';
import { describeProgress } from './describe-progress.ts';
import { digestOf } from './digest.ts';
import type { ExpectedDigest, FileDigest } from './digest.ts';
import { download } from './download.ts';
import { knownDigest, lockedDigest } from './known-digest.ts';
import type { WantedArtifact } from './known-digest.ts';
import { PartialFile } from './partial-file.ts';
import { listedDigest, readSums } from './sha256sums.ts';

export interface ArtifactOptions {
  cacheDir: string;
  /** `LAB_MIRROR`: a folder, a `file:` URL or an `http(s):` URL. */
  mirror?: string;
  lockFile: string;
  /** The network is not asked: cache and mirror folder have it, or it cannot be had. */
  offline?: boolean;
  http: Http;
  clock: Clock;
  onProgress: (text: string) => void;
  signal?: AbortSignal;
}

export interface EnsuredArtifact {
  /** In the cache. */
  path: string;
  sha256: string;
  from: 'cache' | 'mirror' | 'url';
  /** The path or URL that it was taken from. */
  place: string;
  /** Nobody knew its digest before: what came was written to the lock file and is asked for from now on. */
  firstFetch: boolean;
}

/**
 * Sees to it that the artifact is in the cache: from the cache, the mirror or its URL, in this order. What is not
 * complete is kept and gone on with. The digest is the publisher's, else the lock file's, else recorded there; what comes
 * from a mirror must also be what the mirror's SHA256SUMS says, where it has one.
 * Throws LAB_ARTIFACT_UNAVAILABLE (with all places tried), LAB_ARTIFACT_CHECKSUM (the file is set aside), LAB_DISK_LOW.
 */
export async function ensureArtifact(
  name: string,
  artifact: WantedArtifact,
  options: ArtifactOptions,
): Promise<EnsuredArtifact> {
  const target = cachePath(options.cacheDir, artifact.url);
  await createPrivateDirectory(options.cacheDir);
  const known = await knownDigest(artifact, options.lockFile);
  const fetching = new Fetching(name, artifact, options, target, known);
  return (await fetching.fromCache()) ?? (await fetching.fromElsewhere());
}

/** One artifact on its way into the cache. */
class Fetching {
  readonly #name: string;
  readonly #artifact: WantedArtifact;
  readonly #options: ArtifactOptions;
  readonly #target: string;
  readonly #known: ExpectedDigest | undefined;
  readonly #failures: string[] = [];

  constructor(
    name: string,
    artifact: WantedArtifact,
    options: ArtifactOptions,
    target: string,
    known: ExpectedDigest | undefined,
  ) {
    this.#name = name;
    this.#artifact = artifact;
    this.#options = options;
    this.#target = target;
    this.#known = known;
  }

  async fromCache(): Promise<EnsuredArtifact | undefined> {
    const digest = await this.#digest(this.#target);
    if (digest === undefined) return undefined;
    if (this.#known === undefined || digest.hex === this.#known.hex) {
      return this.#accept(digest, 'cache', this.#target);
    }
    const rejected = await setAside(this.#target, this.#target);
    this.#options.onProgress(`${this.#name}: the file in the cache is damaged; it is now ${rejected}`);
    return undefined;
  }

  async fromElsewhere(): Promise<EnsuredArtifact> {
    const partial = await PartialFile.take(this.#target);
    try {
      for (const { place, listed } of await this.#mirrorPlaces()) {
        if (await this.#get(place, partial))
          return await this.#store(partial, 'mirror', describePlace(place), listed);
      }
      const { url } = this.#artifact;
      if (!isHttp(url)) this.#failures.push(`${url}: not a URL that lab can fetch from`);
      else if (await this.#get({ kind: 'http', url }, partial)) return await this.#store(partial, 'url', url);
    } finally {
      await partial.putDown();
    }
    throw this.#unavailable();
  }

  /** Places in the mirror with what its list says of them. */
  async #mirrorPlaces(): Promise<{ place: MirrorPlace; listed: ExpectedDigest | undefined }[]> {
    const { mirror, offline, http, signal } = this.#options;
    if (mirror === undefined) return [];
    const sums = offline === true && isHttp(mirror) ? {} : await readSums(mirror, http, signal);
    return mirrorPlaces(mirror, this.#artifact.url).map((place) => ({
      place,
      listed: listedDigest(sums, place.listedAs, mirror),
    }));
  }

  #digest(file: string): Promise<FileDigest | undefined> {
    return digestOf(file, this.#options.signal, this.#known?.algorithm);
  }

  /** False: it cannot be had there, and the reason is noted. */
  async #get(place: ArtifactPlace, partial: PartialFile): Promise<boolean> {
    const { signal, offline } = this.#options;
    signal?.throwIfAborted();
    if (offline === true && place.kind === 'http') {
      this.#failures.push(`${place.url}: not asked, because the network is not to be used`);
      return false;
    }
    try {
      if (place.kind === 'http') await this.#download(place.url, partial);
      else await partial.copy(place.path);
      return true;
    } catch (error) {
      signal?.throwIfAborted();
      if (systemErrorCode(error) === 'ENOSPC') throw this.#diskFull(error);
      const where = describePlace(place);
      const reason = (error as Error).message;
      this.#failures.push(reason.includes(where) ? reason : `${where}: ${reason}`);
      return false;
    }
  }

  #download(url: string, partial: PartialFile): Promise<void> {
    const { http, clock, signal, onProgress } = this.#options;
    const report = describeProgress(this.#name, onProgress);
    return download(url, partial, {
      http,
      clock,
      checked: this.#known !== undefined,
      onBytes: report,
      onResume: (bytes) => {
        onProgress(`${this.#name}: the connection broke off; going on after ${bytes} bytes`);
      },
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async #store(
    partial: PartialFile,
    from: 'mirror' | 'url',
    place: string,
    listed?: ExpectedDigest,
  ): Promise<EnsuredArtifact> {
    const digest = (await this.#digest(partial.path)) as FileDigest;
    if (listed !== undefined && digest.sha256 !== listed.hex) {
      throw await this.#reject(partial.path, digest.sha256, listed, place);
    }
    if (this.#known !== undefined && digest.hex !== this.#known.hex) {
      throw await this.#reject(partial.path, digest.hex, this.#known, place);
    }
    const accepted = await this.#accept(digest, from, place, partial.path);
    await partial.finish(this.#target);
    return accepted;
  }

  async #accept(
    digest: FileDigest,
    from: EnsuredArtifact['from'],
    place: string,
    file = this.#target,
  ): Promise<EnsuredArtifact> {
    const result = { path: this.#target, sha256: digest.sha256, from, place };
    if (this.#known !== undefined) return { ...result, firstFetch: false };
    const { lockFile, clock } = this.#options;
    const { sha256, size } = digest;
    const entry = await recordFirstFetch(lockFile, this.#artifact.url, { sha256, size }, clock);
    // Another process may have been first, and with other bytes.
    if (entry.sha256 !== digest.sha256) {
      throw await this.#reject(file, digest.sha256, lockedDigest(entry.sha256, lockFile), place);
    }
    return { ...result, firstFetch: true };
  }

  async #reject(
    file: string,
    found: string,
    { algorithm, hex, source, remedy }: ExpectedDigest,
    place: string,
  ): Promise<EnvironmentError> {
    const rejected = await setAside(file, this.#target);
    const kind = algorithm.replace(/^sha(?=\d{3})/, 'SHA-').toUpperCase();
    return new EnvironmentError(
      'LAB_ARTIFACT_CHECKSUM',
      `The file of ${this.#name} from ${place} is not the expected one: its ${kind} is ${found}, ` +
        `and ${source} asks for ${hex}.`,
      { hint: `The file is kept as ${rejected}; compare it with the publisher's. ${remedy}` },
    );
  }

  #unavailable(): EnvironmentError {
    const { url, obtain } = this.#artifact;
    const tried = this.#failures.map((failure) => `  - ${failure}`).join('\n');
    const mirror = this.#options.mirror === undefined ? '  - LAB_MIRROR is not set\n' : '';
    return new EnvironmentError(
      'LAB_ARTIFACT_UNAVAILABLE',
      `${this.#name} cannot be had. Tried:\n  - the cache ${this.#options.cacheDir}: it is not there\n${mirror}${tried}`,
      { hint: `${obtain} The file name for LAB_MIRROR is ${artifactFileName(url)} (${url}).` },
    );
  }

  #diskFull(cause: unknown): EnvironmentError {
    return new EnvironmentError(
      'LAB_DISK_LOW',
      `The disk is full: ${this.#name} does not fit into ${this.#options.cacheDir}.`,
      { hint: 'Free some space and run the same command again: it goes on where it stopped.', cause },
    );
  }
}

async function setAside(file: string, target: string): Promise<string> {
  const rejected = path.join(path.dirname(target), `${path.basename(target)}.rejected`);
  await rename(file, rejected);
  return rejected;
}
