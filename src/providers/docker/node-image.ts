import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, EnvironmentError } from '../../model/errors.ts';
import type { RecordShared } from '../../host/shared-journal.ts';
import { dockerFailure } from './docker-cli.ts';
import type { DockerCli } from './docker-cli.ts';
import { hasRootfs, locateRootfs, prepareRootfs } from './rootfs.ts';
import type { RootfsRequest } from './rootfs.ts';

/** The public image that the Dockerfile is written for. */
const publicBase = 'debian:bookworm-slim';
const importMs = 5 * 60_000;
const pullMs = 10 * 60_000;
/** On the public base the packages are fetched in the build. */
const buildMs = 30 * 60_000;

type Output = (line: string) => void;

export interface NodeImageRequest extends RootfsRequest {
  /** Writes an image down that is about to be made. One that was there is never written down. */
  record: RecordShared;
}

/**
 * The name of the node image: `chapterlab/node:` and a digest over all of its inputs, so that it is built anew when,
 * and only when, one of them changes. What it was built on is no part of it: both bases hold the same packages.
 */
export async function nodeImageName(imageDir: string): Promise<string> {
  const entries = await readdir(imageDir, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file.slice(imageDir.length)}\0`)
      .update(await readFile(file))
      .update('\0');
  return `chapterlab/node:${hash.digest('hex').slice(0, 12)}`;
}

/** What a root file system is called as an image, by its key. */
export function baseImageName(key: string): string {
  return `chapterlab/base:${key}`;
}

/** Whether the engine has an image of that name. */
export async function hasImage(docker: DockerCli, name: string, signal?: AbortSignal): Promise<boolean> {
  return (await imageId(docker, name, signal)) !== undefined;
}

/** The digest of the image that has that name now; undefined: none has it, or the engine does not answer. */
export async function imageId(
  docker: DockerCli,
  name: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const result = await docker.run(['image', 'inspect', '--format', '{{.Id}}', name], { signal });
  return result.exitCode === 0 ? result.stdout.trim() : undefined;
}

/**
 * What tells the engine from another one that the client may talk to tomorrow: its id, which up to 20.10 is its computer's,
 * and where it keeps its images. Throws LAB_DOCKER_FAILED.
 */
export async function engineId(docker: DockerCli, signal?: AbortSignal): Promise<string> {
  const format = ['--format', '{{.ID}} {{.DockerRootDir}}'];
  return (await docker.must(['info', ...format], 'Asking the engine for its id', { signal })).trim();
}

/**
 * Builds the node image unless it is there. Throws LAB_IMAGE_BASE where no base can be had, LAB_IMAGE_BUILD where
 * the build fails.
 */
export async function buildNodeImage(
  docker: DockerCli,
  request: NodeImageRequest,
  onLine: Output,
  signal?: AbortSignal,
): Promise<void> {
  const name = await nodeImageName(request.imageDir);
  if (await hasImage(docker, name, signal)) return;
  const base = await prepareBase(docker, request, onLine, signal);
  const args = ['build', '--tag', name, '--build-arg', `BASE=${base}`, request.imageDir];
  await recordImage(docker, request, name, signal, async () => {
    const result = await docker.run(args, { signal, timeoutMs: buildMs, onLine });
    if (result.exitCode === 0) return;
    const { message, details } = dockerFailure(result, `Building ${name}`);
    throw new CommandError('LAB_IMAGE_BUILD', message, details);
  });
}

async function recordImage(
  docker: DockerCli,
  { record }: NodeImageRequest,
  name: string,
  signal: AbortSignal | undefined,
  make: () => Promise<void>,
): Promise<void> {
  const engine = await engineId(docker, signal);
  const identify = (): Promise<string | undefined> => imageId(docker, name, signal);
  await record({ kind: 'image', provider: 'docker', engine, name }, make, { identify, signal });
}

/**
 * The image to build on: a root file system from the cache or the mirror, else Debian's public image, else a root file system that
 * is made now. The cache comes first because it needs no network at all.
 */
async function prepareBase(
  docker: DockerCli,
  request: NodeImageRequest,
  onLine: Output,
  signal?: AbortSignal,
): Promise<string> {
  if (await hasRootfs(request, onLine, signal)) return await importRootfs(docker, request, onLine, signal);
  if (await hasImage(docker, publicBase, signal)) return publicBase;
  const refusal = await pullBase(docker, request, onLine, signal);
  if (refusal === undefined) return publicBase;
  onLine(`${publicBase} cannot be pulled; making a root file system with mmdebstrap`);
  try {
    await prepareRootfs(request, onLine, signal);
  } catch (error) {
    if (error instanceof EnvironmentError) throw withoutBase(error, refusal);
    throw error;
  }
  return await importRootfs(docker, request, onLine, signal);
}

/** Why it cannot be pulled; undefined: it was. */
async function pullBase(
  docker: DockerCli,
  request: NodeImageRequest,
  onLine: Output,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    await recordImage(docker, request, publicBase, signal, async () => {
      await docker.must(['pull', publicBase], `Pulling ${publicBase}`, {
        signal,
        timeoutMs: pullMs,
        onLine,
      });
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return error.details.output?.split('\n').at(-1) ?? '';
  }
}

async function importRootfs(
  docker: DockerCli,
  request: NodeImageRequest,
  onLine: Output,
  signal?: AbortSignal,
): Promise<string> {
  const { key, path } = await locateRootfs(request);
  const name = baseImageName(key);
  if (await hasImage(docker, name, signal)) return name;
  onLine(`importing ${path}`);
  await recordImage(docker, request, name, signal, async () => {
    await docker.must(['import', path, name], `Importing ${path}`, { signal, timeoutMs: importMs });
  });
  return name;
}

function withoutBase(error: EnvironmentError, pullSaid: string): EnvironmentError {
  return new EnvironmentError(
    'LAB_IMAGE_BASE',
    `The node image has no base: ${publicBase} cannot be pulled (${pullSaid}), and ${error.message}`,
    error.details,
  );
}
