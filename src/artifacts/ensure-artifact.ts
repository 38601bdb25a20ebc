import { copyFile, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../io/clock.ts';
import { createPrivateDirectory } from '../io/files.ts';
import type { Http } from '../io/http.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError } from '../model/errors.ts';
import type { Artifact } from '../model/scenario.ts';
import { readLockEntry, recordFirstFetch } from './artifact-lock.ts';
import { artifactFileName, cachePath, describePlace, isHttp, mirrorPlaces } from './artifact-places.ts';
import type { ArtifactPlace } from './artifact-places.ts';
import { describeProgress } from './describe-progress.ts';
import { digestOf } from './digest.ts';
import type { FileDigest } from './digest.ts';
import { download } from './download.ts';
import { PartialFile } from './partial-file.ts';

export interface ArtifactOptions {
  cacheDir: string;
  /** `LAB_MIRROR`: a folder, a `file:` URL or an `http(s):` URL. */
  mirror?: string;
  lockFile: string;
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
 * complete is kept and gone on with. The digest is the scenario's, else the lock file's, else recorded there.
 * Throws LAB_ARTIFACT_UNAVAILABLE (with all places tried), LAB_ARTIFACT_CHECKSUM (the file is set aside), LAB_DISK_LOW.
 */
export async function ensureArtifact(
  name: string,
  artifact: Artifact,
  options: ArtifactOptions,
): Promise<EnsuredArtifact> {
  const target = cachePath(options.cacheDir, artifact.url);
  await createPrivateDirectory(options.cacheDir);
  const known = artifact.sha256 ?? (await readLockEntry(options.lockFile, artifact.url))?.sha256;
  const fetching = new Fetching(name, artifact, options, target, known);
  return (await fetching.fromCache()) ?? (await fetching.fromElsewhere());
}

/** One artifact on its way into the cache. */
class Fetching {
  readonly #name: string;
  readonly #artifact: Artifact;
  readonly #options: ArtifactOptions;
  readonly #target: string;
  readonly #known: string | undefined;
  readonly #failures: string[] = [];

  constructor(
    name: string,
    artifact: Artifact,
    options: ArtifactOptions,
    target: string,
    known: string | undefined,
  ) {
    this.#name = name;
    this.#artifact = artifact;
    this.#options = options;
    this.#target = target;
    this.#known = known;
  }

  async fromCache(): Promise<EnsuredArtifact | undefined> {
    const digest = await digestOf(this.#target, this.#options.signal);
    if (digest === undefined) return undefined;
    if (this.#known === undefined || digest.sha256 === this.#known) {
      return this.#accept(digest, 'cache', this.#target);
    }
    const rejected = await setAside(this.#target, this.#target);
    this.#options.onProgress(`${this.#name}: the file in the cache is damaged; it is now ${rejected}`);
    return undefined;
  }

  async fromElsewhere(): Promise<EnsuredArtifact> {
    const partial = await PartialFile.take(this.#target);
    try {
      const { mirror } = this.#options;
      for (const place of mirror === undefined ? [] : mirrorPlaces(mirror, this.#artifact.url)) {
        if (await this.#get(place, partial))
          return await this.#store(partial, 'mirror', describePlace(place));
      }
      const { url } = this.#artifact;
      if (!isHttp(url)) this.#failures.push(`${url}: not a URL that lab can fetch from`);
      else if (await this.#get({ kind: 'http', url }, partial)) return await this.#store(partial, 'url', url);
    } finally {
      await partial.putDown();
    }
    throw this.#unavailable();
  }

  /** False: it cannot be had there, and the reason is noted. */
  async #get(place: ArtifactPlace, partial: PartialFile): Promise<boolean> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    try {
      if (place.kind === 'http') await this.#download(place.url, partial);
      else await copyFrom(place.path, partial);
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

  async #store(partial: PartialFile, from: 'mirror' | 'url', place: string): Promise<EnsuredArtifact> {
    const digest = (await digestOf(partial.path, this.#options.signal)) as FileDigest;
    if (this.#known !== undefined && digest.sha256 !== this.#known) {
      throw await this.#reject(partial.path, digest.sha256, this.#known, place);
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
    const entry = await recordFirstFetch(lockFile, this.#artifact.url, digest, clock);
    // Another process may have been first, and with other bytes.
    if (entry.sha256 !== digest.sha256) throw await this.#reject(file, digest.sha256, entry.sha256, place);
    return { ...result, firstFetch: true };
  }

  async #reject(file: string, found: string, expected: string, place: string): Promise<EnvironmentError> {
    const rejected = await setAside(file, this.#target);
    const source =
      this.#artifact.sha256 === undefined ? `the lock file ${this.#options.lockFile}` : 'the scenario';
    return new EnvironmentError(
      'LAB_ARTIFACT_CHECKSUM',
      `The file of ${this.#name} from ${place} is not the expected one: its SHA-256 is ${found}, ` +
        `and ${source} asks for ${expected}.`,
      {
        hint:
          `The file is kept as ${rejected}; compare it with the publisher's. ` +
          (this.#artifact.sha256 === undefined
            ? 'If the change is wanted, remove the entry of its URL from the lock file.'
            : 'If the change is wanted, correct the scenario.'),
      },
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

async function copyFrom(source: string, partial: PartialFile): Promise<void> {
  await partial.restart({ url: source });
  try {
    await copyFile(source, partial.path);
  } catch (error) {
    await partial.restart({ url: source });
    throw systemErrorCode(error) === 'ENOENT' ? new Error('it is not there', { cause: error }) : error;
  }
}

async function setAside(file: string, target: string): Promise<string> {
  const rejected = path.join(path.dirname(target), `${path.basename(target)}.rejected`);
  await rename(file, rejected);
  return rejected;
}
