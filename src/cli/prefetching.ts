import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { isHttp, mirrorPlaces } from '../artifacts/artifact-places.ts';
import { digestOf } from '../artifacts/digest.ts';
import { ensureArtifact } from '../artifacts/ensure-artifact.ts';
import { copyMirroredFile } from '../artifacts/mirrored-file.ts';
import type { MirrorFolder } from '../artifacts/mirror-folder.ts';
import { boxTitle } from '../boxes/box-options.ts';
import type { BoxOptions } from '../boxes/box-options.ts';
import { fetchBox } from '../boxes/fetch-box.ts';
import { locateBox } from '../boxes/locate-box.ts';
import type { BoxRequest } from '../model/plan.ts';
import type { Artifact } from '../model/scenario.ts';
import { locateRootfs, prepareRootfs } from '../providers/docker/rootfs.ts';
import { packageFolders } from './package-folders.ts';
import type { Tools } from './tools.ts';

export interface PrefetchingOptions {
  tools: Pick<Tools, 'exec' | 'cache'>;
  sources: BoxOptions;
  /** Filled for others; without it things are fetched into the cache. */
  folder: MirrorFolder | undefined;
  /** Is told of each thing that is there. */
  onReady: (line: string) => void;
}

/** Fetches one thing after the other into the cache and puts it into the folder, where there is one. */
export class Prefetching {
  readonly #tools: Pick<Tools, 'exec' | 'cache'>;
  readonly #sources: BoxOptions;
  readonly #folder: MirrorFolder | undefined;
  readonly #onReady: (line: string) => void;

  constructor({ tools, sources, folder, onReady }: PrefetchingOptions) {
    this.#tools = tools;
    this.#sources = sources;
    this.#folder = folder;
    this.#onReady = onReady;
  }

  /** Throws as `ensureArtifact` does. */
  async artifact(name: string, artifact: Artifact): Promise<void> {
    const { path, sha256 } = await ensureArtifact(name, artifact, await this.#sourcesFor(artifact.url));
    await this.#keep(name, artifact.url, path, sha256);
  }

  /** A box with its metadata. Throws as `locateBox` and `fetchBox` do. */
  async box(request: BoxRequest): Promise<void> {
    const { signal } = this.#sources;
    const located = await locateBox(request, await this.#sourcesFor(request.url));
    const title = `box ${boxTitle(located)}`;
    if (located.file.kind === 'local') {
      await fetchBox(located, this.#sources);
      this.#onReady(`${title}: ${located.file.path}, a file of this computer`);
    } else {
      const { url } = located.file.artifact;
      const { path, sha256 } = await fetchBox(located, await this.#sourcesFor(url));
      await this.#keep(title, url, path, sha256);
    }
    if (located.metadata === undefined || this.#folder === undefined || !isHttp(request.url)) return;
    signal?.throwIfAborted();
    const { text } = located.metadata;
    const sha256 = createHash('sha256').update(text).digest('hex');
    await this.#folder.putText(listedAs(request.url), text, sha256);
  }

  /** The root file system that the node image is built on: made here, or taken from a mirror. */
  async rootfs(): Promise<void> {
    const { exec, cache } = this.#tools;
    const { onProgress, signal } = this.#sources;
    const imageDir = join(packageFolders.vagrantDir, 'node-image');
    const { path, present } = await locateRootfs({ imageDir, cacheDir: cache });
    const name = basename(path);
    if (!present) {
      const isThere = (await this.#folder?.has(name, signal)) === true;
      const sources = isThere ? this.#fromFolder() : this.#sources;
      const copied = await copyMirroredFile(name, path, sources);
      if (copied === undefined) await prepareRootfs({ exec, cacheDir: cache, imageDir }, onProgress, signal);
    }
    if (this.#folder === undefined) {
      this.#onReady(path);
      return;
    }
    const digest = await digestOf(path, signal);
    await this.#folder.put(name, path, digest?.sha256 ?? '', signal);
    this.#onReady(`base of the node image: ${join(this.#folder.path, name)}${sizeText(digest?.size)}`);
  }

  async #keep(title: string, url: string, path: string, sha256: string): Promise<void> {
    const { signal } = this.#sources;
    if (this.#folder === undefined) {
      this.#onReady(`${title}: in the cache`);
      return;
    }
    await this.#folder.put(listedAs(url), path, sha256, signal);
    this.#onReady(`${title}: ${join(this.#folder.path, listedAs(url))}`);
  }

  /** The folder itself where it has the file; it may have come from another computer. */
  async #sourcesFor(url: string): Promise<BoxOptions> {
    if (this.#folder === undefined || !isHttp(url)) return this.#sources;
    const isThere = await this.#folder.has(listedAs(url), this.#sources.signal);
    return isThere ? this.#fromFolder() : this.#sources;
  }

  #fromFolder(): BoxOptions {
    return this.#folder === undefined ? this.#sources : { ...this.#sources, mirror: this.#folder.path };
  }
}

/** Path of a URL's file in a mirror: HOST/PATH, so that files of one name do not meet. */
function listedAs(url: string): string {
  return mirrorPlaces('/', url).at(-1)?.listedAs ?? '';
}

function sizeText(bytes: number | undefined): string {
  return bytes === undefined ? '' : ` (${(bytes / 1e6).toFixed(1)} MB)`;
}
