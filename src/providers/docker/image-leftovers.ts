import type { FoundLeftover } from '../../model/leftover.ts';
import { dockerFailure, type DockerCli } from './docker-cli.ts';
import { baseImageName, nodeImageName } from './node-image.ts';
import { locateRootfs } from './rootfs.ts';

interface Inputs {
  imageDir: string;
  cacheDir: string;
}

const removeMs = 60_000;

/** Node images and their bases that were made from other inputs than today's and that no container uses. They are `shared`. */
export async function findOldImages(
  docker: DockerCli,
  inputs: Inputs,
  signal: AbortSignal,
): Promise<FoundLeftover[]> {
  const list = async (reference: string): Promise<string[]> => {
    const args = ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', reference];
    return linesOf(await docker.must(args, 'Listing images', { signal }));
  };
  const [names, used, current] = await Promise.all([
    Promise.all(['chapterlab/node', 'chapterlab/base'].map(list)),
    docker.must(['ps', '--all', '--format', '{{.Image}}'], 'Listing containers', { signal }),
    currentImages(inputs),
  ]);
  const kept = new Set([...current, ...linesOf(used)]);
  const old = names.flat().filter((name) => !kept.has(name) && !name.endsWith(':<none>'));
  return Promise.all(old.map((name) => describe(docker, name, signal)));
}

async function currentImages(inputs: Inputs): Promise<string[]> {
  const [node, { key }] = await Promise.all([nodeImageName(inputs.imageDir), locateRootfs(inputs)]);
  return [node, baseImageName(key)];
}

async function describe(docker: DockerCli, name: string, signal: AbortSignal): Promise<FoundLeftover> {
  const format = '{{.Size}} {{.Created}}';
  const { stdout } = await docker.run(['image', 'inspect', '--format', format, name], { signal });
  const [bytes = '', since = ''] = stdout.trim().split(' ');
  return {
    leftover: {
      standing: 'shared',
      what: `image ${name}`,
      where: 'Docker',
      why: 'it was made from other files than those of this version of lab',
      ...(bytes === '' ? {} : { bytes: Number(bytes) }),
      ...(since === '' ? {} : { since }),
    },
    remove: async (abort) => {
      // Without --force: refused where a container has come to use it meanwhile.
      const result = await docker.run(['image', 'rm', name], { signal: abort, timeoutMs: removeMs });
      if (result.exitCode === 0 || /No such image/i.test(result.stderr)) return;
      throw dockerFailure(result, `Removing the image ${name}`);
    },
  };
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
