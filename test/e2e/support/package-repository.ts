import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { onTestFinished } from 'vitest';
import { LabUser } from './lab-user.ts';
import { docker } from './machine-commands.ts';

/** What scripts/package-repository.sh made, outside the sandbox. */
function repositoryFolder(user: LabUser): string {
  const folder = join(user.env['LAB_CACHE'] ?? '', 'package-repository');
  if (existsSync(join(folder, 'made-for'))) return folder;
  throw new Error(
    `${folder} is missing. \`npm test\` makes it: scripts/package-repository.sh with its packages.`,
  );
}

/** apt-cacher-ng 3.7.4 gets ports above 32767 wrong, so that any free one will not do. */
const port = 8000;

/** A Debian package repository that the machines of the sandbox reach, and nobody else. */
class PackageRepository {
  /** Folder for LAB_MIRROR: a root file system to build images on. */
  readonly mirror: string;
  /** Requests for packages, in order; lists of packages are not counted. */
  readonly packagesAsked: string[] = [];
  readonly #server: Server;
  #source = '';

  private constructor(folder: string) {
    this.mirror = join(folder, 'mirror');
    const root = join(folder, 'packages');
    this.#server = createServer((request, response) => {
      const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname);
      if (path.endsWith('.deb')) this.packagesAsked.push(path);
      void sendFile(resolve(root, `.${path}`), root, response);
    });
  }

  /** Listens at the gateway of the sandbox engine's own network, which the machines reach by way of theirs. */
  static async serve(user: LabUser): Promise<PackageRepository> {
    const repository = new PackageRepository(repositoryFolder(user));
    const gateway = await docker(
      'network',
      'inspect',
      'bridge',
      '--format',
      '{{(index .IPAM.Config 0).Gateway}}',
    );
    repository.#server.listen(port, gateway);
    await once(repository.#server, 'listening');
    repository.#source = `deb [trusted=yes] http://${gateway}:${port} bookworm main`;
    return repository;
  }

  /** For --packages. */
  get source(): string {
    return this.#source;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

/** A user whose machines can install Debian packages; both go when the test ends. */
export async function userWithPackages(): Promise<{ user: LabUser; repository: PackageRepository }> {
  const user = await LabUser.create();
  onTestFinished(() => user.remove());
  const repository = await PackageRepository.serve(user);
  onTestFinished(() => repository.close());
  return { user, repository };
}

/**
 * A LAB_CACHE of the user's own that has the machines' root file system and no artifacts: what the tests put in place of
 * published files must not be taken for them later.
 */
export async function cacheWithoutArtifacts(user: LabUser): Promise<string> {
  const cache = join(user.dir, 'cache');
  await mkdir(cache);
  const shared = user.env['LAB_CACHE'] ?? '';
  for (const name of await readdir(shared))
    if (name.startsWith('rootfs-')) await symlink(join(shared, name), join(cache, name));
  return cache;
}

async function sendFile(path: string, root: string, response: ServerResponse): Promise<void> {
  const file = path.startsWith(root + sep) ? await open(path).catch(() => undefined) : undefined;
  const found = await file?.stat();
  if (file === undefined || found?.isFile() !== true) {
    await file?.close();
    response.writeHead(404, { 'Content-Length': 0 }).end();
    return;
  }
  const headers = { 'Content-Length': found.size, 'Last-Modified': found.mtime.toUTCString() };
  response.writeHead(200, headers);
  // Whoever asked may hang up.
  await pipeline(file.createReadStream(), response).catch(() => undefined);
}
