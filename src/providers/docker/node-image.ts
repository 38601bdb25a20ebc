import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, EnvironmentError } from '../../model/errors.ts';
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
  return (await docker.run(['image', 'inspect', '--format', '{{.Id}}', name], { signal })).exitCode === 0;
}

/**
 * Builds the node image unless it is there. Throws LAB_IMAGE_BASE where no base can be had, LAB_IMAGE_BUILD where
 * the build fails.
 */
export async function buildNodeImage(
  docker: DockerCli,
  request: RootfsRequest,
  onLine: Output,
  signal?: AbortSignal,
): Promise<void> {
  const name = await nodeImageName(request.imageDir);
  if (await hasImage(docker, name, signal)) return;
  const base = await prepareBase(docker, request, onLine, signal);
  const args = ['build', '--tag', name, '--build-arg', `BASE=${base}`, request.imageDir];
  const result = await docker.run(args, { signal, timeoutMs: buildMs, onLine });
  if (result.exitCode === 0) return;
  const { message, details } = dockerFailure(result, `Building ${name}`);
  throw new CommandError('LAB_IMAGE_BUILD', message, details);
}

/**
 * The image to build on: a root file system from the cache or the mirror, else Debian's public image, else a root file system that
 * is made now. The cache comes first because it needs no network at all.
 */
async function prepareBase(
  docker: DockerCli,
  request: RootfsRequest,
  onLine: Output,
  signal?: AbortSignal,
): Promise<string> {
  if (await hasRootfs(request, onLine, signal)) return await importRootfs(docker, request, onLine, signal);
  if (await hasImage(docker, publicBase, signal)) return publicBase;
  const pull = await docker.run(['pull', publicBase], { signal, timeoutMs: pullMs, onLine });
  if (pull.exitCode === 0) return publicBase;
  onLine(`${publicBase} cannot be pulled; making a root file system with mmdebstrap`);
  try {
    await prepareRootfs(request, onLine, signal);
  } catch (error) {
    if (error instanceof EnvironmentError)
      throw withoutBase(error, pull.stderr.trim().split('\n').at(-1) ?? '');
    throw error;
  }
  return await importRootfs(docker, request, onLine, signal);
}

async function importRootfs(
  docker: DockerCli,
  request: RootfsRequest,
  onLine: Output,
  signal?: AbortSignal,
): Promise<string> {
  const { key, path } = await locateRootfs(request);
  const name = baseImageName(key);
  if (await hasImage(docker, name, signal)) return name;
  onLine(`importing ${path}`);
  await docker.must(['import', path, name], `Importing ${path}`, { signal, timeoutMs: importMs });
  return name;
}

function withoutBase(error: EnvironmentError, pullSaid: string): EnvironmentError {
  return new EnvironmentError(
    'LAB_IMAGE_BASE',
    `The node image has no base: ${publicBase} cannot be pulled (${pullSaid}), and ${error.message}`,
    error.details,
  );
}
