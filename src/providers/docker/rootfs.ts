import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Exec, ExecResult } from '../../io/exec.ts';
import { removeStaleTemporaries, temporaryName } from '../../io/files.ts';
import { EnvironmentError } from '../../model/errors.ts';

export interface RootfsRequest {
  exec: Exec;
  /** The folder with packages.txt and dpkg-excludes.cfg: `vagrant/node-image`. */
  imageDir: string;
  cacheDir: string;
  /** Copies the file of that name from the mirror to a path. False: there is none. Throws LAB_ARTIFACT_CHECKSUM. */
  mirrored?: (
    name: string,
    target: string,
    onLine: (line: string) => void,
    signal?: AbortSignal,
  ) => Promise<boolean>;
}

/** Debian's release; the same as of the Dockerfile's public base. */
const suite = 'bookworm';
/** Changes when the commands below do. */
const recipe = 1;
/** About half a minute on a good line; a workshop's line is not a good one. */
export const buildMs = 30 * 60_000;
/** Without it the package usrmerge comes in, and with it all of perl: 60 MB. Part of mmdebstrap >= 1.2. */
const mergedUsrHook = '/usr/share/mmdebstrap/hooks/maybe-merged-usr';

const architecture = process.arch === 'x64' ? 'amd64' : process.arch;

/** Where the root file system for the present inputs is kept, and the key that names it (12 hexadecimal digits). */
export async function locateRootfs({
  imageDir,
  cacheDir,
}: Pick<RootfsRequest, 'imageDir' | 'cacheDir'>): Promise<{ key: string; path: string; present: boolean }> {
  const hash = createHash('sha256').update(`${recipe}\0${suite}\0${architecture}\0`);
  for (const file of ['packages.txt', 'dpkg-excludes.cfg'])
    hash.update(await readFile(join(imageDir, file))).update('\0');
  const key = hash.digest('hex').slice(0, 12);
  const path = join(cacheDir, `rootfs-${key}.tar`);
  return { key, path, present: existsSync(path) };
}

/** Whether the root file system is in the cache, or was in the mirror and is now. */
export async function hasRootfs(
  request: RootfsRequest,
  onLine: (line: string) => void,
  signal?: AbortSignal,
): Promise<boolean> {
  const { path, present } = await locateRootfs(request);
  return present || (await request.mirrored?.(basename(path), path, onLine, signal)) === true;
}

/**
 * Makes the root file system of the node image with mmdebstrap from the package mirror, without a Docker engine:
 * about half a minute and 350 MB. Does nothing when it is there. The tar appears under its name only when it is whole.
 * Throws LAB_IMAGE_BASE where there is no mmdebstrap or it fails.
 */
export async function prepareRootfs(
  request: RootfsRequest,
  onLine: (line: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  const { path, present } = await locateRootfs(request);
  if (present) return path;
  await mkdir(request.cacheDir, { recursive: true });
  await removeStaleTemporaries(path);
  const temporary = temporaryName(path);
  try {
    const result = await request.exec('mmdebstrap', await mmdebstrapArguments(request.imageDir, temporary), {
      env: withoutSecrets(process.env),
      timeoutMs: buildMs,
      onLine,
      ...(signal === undefined ? {} : { signal }),
    });
    if (result.exitCode !== 0) throw rootfsFailure(result);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  return path;
}

async function mmdebstrapArguments(imageDir: string, output: string): Promise<string[]> {
  const packages = (await readFile(join(imageDir, 'packages.txt'), 'utf8'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return [
    '--variant=minbase',
    '--format=tar',
    `--include=${packages.join(',')}`,
    ...(existsSync(mergedUsrHook) ? [`--hook-dir=${mergedUsrHook}`] : []),
    '--aptopt=APT::Install-Recommends "false"',
    `--dpkgopt=${join(imageDir, 'dpkg-excludes.cfg')}`,
    // Keys in an image are everybody's keys.
    '--customize-hook=rm -f "$1"/etc/ssh/ssh_host_*',
    suite,
    output,
  ];
}

const passed = /^(PATH|HOME|USER|LANG|LC_.*|TMPDIR|SOURCE_DATE_EPOCH|(https?|ftp|no|all)_proxy)$/i;

/** Maintainer scripts of packages see this environment: nothing goes in that they do not need. */
function withoutSecrets(env: NodeJS.ProcessEnv): Record<string, undefined> {
  return Object.fromEntries(
    Object.keys(env)
      .filter((name) => !passed.test(name))
      .map((name) => [name, undefined]),
  );
}

function rootfsFailure(result: ExecResult): EnvironmentError {
  const hint = '`sudo apt-get install mmdebstrap`, then `lab prefetch` where there is a package mirror.';
  if (result.notFound) {
    return new EnvironmentError('LAB_IMAGE_BASE', 'mmdebstrap is not installed.', { hint });
  }
  const reason = result.timedOut ? 'did not end within 30 minutes' : 'failed';
  return new EnvironmentError('LAB_IMAGE_BASE', `mmdebstrap ${reason}: the node image has no base.`, {
    command: result.command,
    output: result.stderr.trim().split('\n').slice(-15).join('\n'),
    hint: 'It needs a Debian package mirror, and root or unprivileged user namespaces.',
  });
}
