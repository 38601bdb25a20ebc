import { join, resolve } from 'node:path';
import { artifactObtainable } from '../artifacts/artifact-obtainable.ts';
import { cachePath, isHttp, mirrorPlaces } from '../artifacts/artifact-places.ts';
import { ensureArtifact, type ArtifactOptions } from '../artifacts/ensure-artifact.ts';
import { extractMember } from '../artifacts/extract-member.ts';
import { readFile } from 'node:fs/promises';
import { editionArtifacts } from '../model/edition-artifacts.ts';
import { BugError } from '../model/errors.ts';
import type { Facts } from '../model/facts.ts';
import { filesToInstall } from '../model/files-to-install.ts';
import type { ProviderName, Scenario } from '../model/scenario.ts';
import type { RunContext } from '../run/run-context.ts';
import type { Tools } from './tools.ts';

interface ArtifactSource {
  fetch: RunContext['fetchArtifact'];
  content: RunContext['artifactContent'];
}

/** Where artifacts are looked for and kept: the cache, LAB_MIRROR, and with LAB_OFFLINE=1 nowhere else. */
export function artifactPlaces({
  cache,
}: Pick<Tools, 'cache'>): Pick<ArtifactOptions, 'cacheDir' | 'lockFile' | 'mirror' | 'offline'> {
  const mirror = process.env['LAB_MIRROR'];
  return {
    cacheDir: join(cache, 'artifacts'),
    lockFile: join(cache, 'artifacts.lock.json'),
    ...(mirror === undefined || mirror === '' ? {} : { mirror: asMirror(mirror) }),
    ...(isOffline() ? { offline: true } : {}),
  };
}

/** LAB_OFFLINE=1: the network is not asked. */
export function isOffline(): boolean {
  return process.env['LAB_OFFLINE'] === '1';
}

/** A folder may be given relative to the current one. */
function asMirror(mirror: string): string {
  return isHttp(mirror) || mirror.startsWith('file:') ? mirror : resolve(mirror);
}

/** Fetches and reads the artifacts of a scenario, through the cache and LAB_MIRROR. */
export function createArtifactSource(scenario: Scenario, tools: Tools, signal: AbortSignal): ArtifactSource {
  const { http, clock } = tools;
  return {
    fetch: async (definition, name, onProgress) => {
      const options = { ...artifactPlaces(tools), http, clock, onProgress, signal };
      const fetched = await ensureArtifact(name, definition, options);
      const from = `${name} from ${fetched.place}`;
      if (!fetched.firstFetch) return from;
      return `${from}; the publisher's digest is not known, so this one is asked for from now on: sha256 ${fetched.sha256}`;
    },
    content: async ({ artifact, member }) => {
      const definition = scenario.artifacts[artifact];
      if (definition === undefined)
        throw new BugError('LAB_BUG', `The scenario has no artifact "${artifact}".`);
      const path = cachePath(artifactPlaces(tools).cacheDir, definition.url);
      return member === undefined ? readFile(path) : extractMember(path, member);
    },
  };
}

/** A server that says nothing for this long is taken for one that cannot be reached. */
const probeTimeoutMs = 3_000;

/**
 * Whether each artifact can be had. With `probe` the network is asked about those that the choice of an edition hangs on,
 * or that are installed with this provider, and that are neither in the cache nor in the mirror; LAB_OFFLINE=1 answers for it.
 */
export async function obtainableArtifacts(
  scenario: Scenario,
  tools: Tools,
  { provider, probe, signal }: { provider: ProviderName; probe: boolean; signal: AbortSignal },
): Promise<Facts['artifacts']> {
  const asked = new Set([
    ...filesToInstall(scenario, undefined, provider).map((file) => file.artifact),
    ...Object.keys(scenario.editions).flatMap((edition) => editionArtifacts(scenario, edition, provider)),
  ]);
  const entries = Object.entries(scenario.artifacts).map(async ([name, artifact]) => {
    const local = await artifactObtainable(artifact, artifactPlaces(tools));
    if (local !== 'unknown') return [name, local] as const;
    if (isOffline()) return [name, 'no'] as const;
    if (!probe || !asked.has(name)) return [name, local] as const;
    const { mirror } = artifactPlaces(tools);
    const mirrored = mirror === undefined ? [] : mirrorPlaces(mirror, artifact.url);
    const urls = [...mirrored.flatMap((place) => (place.kind === 'http' ? [place.url] : [])), artifact.url];
    const found = await Promise.all(urls.map((url) => answers(url, tools, signal)));
    return [name, found.includes(true) ? 'yes' : 'no'] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Asks for the first byte only. */
async function answers(url: string, { http }: Tools, signal: AbortSignal): Promise<boolean> {
  try {
    const headers = { Range: 'bytes=0-0' };
    const { status } = await http.request({
      url,
      headers,
      timeoutMs: probeTimeoutMs,
      maxBytes: 4096,
      signal,
    });
    return status === 200 || status === 206;
  } catch {
    return false;
  }
}
