import * as z from 'zod';
import { CommandError, EnvironmentError } from '../../model/errors.ts';
import type { NetworkOwner, NetworkRemoval, NetworkRequest } from '../provider.ts';
import { withoutLinks } from '../../io/without-links.ts';
import { dockerFailure } from './docker-cli.ts';
import type { DockerCli } from './docker-cli.ts';

/** Of `docker network inspect`; networks of the drivers host and none have no ranges. */
const networkSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  Labels: z.record(z.string(), z.string()).nullish(),
  IPAM: z.object({ Config: z.array(z.object({ Subnet: z.string().optional() })).nullish() }),
});

/** A network of the engine. */
export interface DockerNetwork {
  id: string;
  name: string;
  /** IPv4 ranges. */
  subnets: string[];
  labels: Readonly<Record<string, string>>;
}

/** All of the engine's networks. Nothing where the engine does not answer. */
export async function listNetworks(docker: DockerCli, signal?: AbortSignal): Promise<DockerNetwork[]> {
  const ids = await docker.run(['network', 'ls', '--quiet', '--no-trunc'], { signal });
  const list = ids.stdout.split('\n').filter((id) => id !== '');
  if (ids.exitCode !== 0 || list.length === 0) return [];
  // A network that was removed in between makes the exit status 1; the others are printed all the same.
  return parseNetworks((await docker.run(['network', 'inspect', ...list], { signal })).stdout);
}

function parseNetworks(stdout: string): DockerNetwork[] {
  if (!stdout.trimStart().startsWith('[')) return [];
  return z
    .array(networkSchema)
    .parse(JSON.parse(stdout))
    .map((network) => ({
      id: network.Id,
      name: network.Name,
      subnets: subnetsOf(network),
      labels: network.Labels ?? {},
    }));
}

function subnetsOf(network: z.infer<typeof networkSchema>): string[] {
  return (network.IPAM.Config ?? []).flatMap(({ Subnet }) =>
    Subnet === undefined || Subnet.includes(':') ? [] : [Subnet],
  );
}

/** Whether the labels say that this lab of this LAB_HOME made the network. */
export async function isMadeBy(
  { labels }: Pick<DockerNetwork, 'labels'>,
  owner: NetworkOwner,
): Promise<boolean> {
  return (
    labels['chapterlab.lab'] === owner.lab && labels['chapterlab.home'] === (await withoutLinks(owner.home))
  );
}

/**
 * Makes a bridge network, or finds it there as this lab has made it. Throws LAB_ADDRESS_TAKEN where the range is not
 * free, or somebody else has made a network of that name.
 */
export async function createNetwork(
  docker: DockerCli,
  { name, subnet, gateway }: NetworkRequest,
  owner: NetworkOwner,
  signal?: AbortSignal,
): Promise<void> {
  const present = parseNetworks((await docker.run(['network', 'inspect', name], { signal })).stdout)[0];
  if (present !== undefined && !(await isMadeBy(present, owner))) {
    throw new EnvironmentError(
      'LAB_ADDRESS_TAKEN',
      `The Docker network ${name} is there (${present.subnets.join(', ')}) and lab ${owner.lab} of this LAB_HOME did not make it.`,
      {
        hint: `If it is yours and not needed: \`docker network rm ${name}\`. If it is another lab's, \`lab destroy\` there removes it.`,
      },
    );
  }
  if (present?.subnets.includes(subnet) === true) return;
  if (present !== undefined) {
    throw new EnvironmentError(
      'LAB_ADDRESS_TAKEN',
      `The Docker network ${name} is there with ${present.subnets.join(', ')} and not with ${subnet}.`,
      { hint: `\`lab destroy\` removes it, or \`docker network rm ${name}\`.` },
    );
  }
  const labels = [`network=${name}`, `lab=${owner.lab}`, `home=${await withoutLinks(owner.home)}`];
  const args = [
    'network',
    'create',
    '--driver',
    'bridge',
    '--subnet',
    subnet,
    '--gateway',
    gateway,
    ...labels.flatMap((label) => ['--label', `chapterlab.${label}`]),
    name,
  ];
  const result = await docker.run(args, { signal });
  if (result.exitCode === 0) return;
  if (
    /overlaps with other one|Address already in use|cannot create network .* conflicts/i.test(result.stderr)
  ) {
    throw new EnvironmentError('LAB_ADDRESS_TAKEN', `The range ${subnet} is in use on this machine.`, {
      command: result.command,
      output: result.stderr.trim(),
      hint: 'Run the same command again without --subnet: it takes the first free range. Or choose another with --subnet.',
    });
  }
  throw dockerFailure(result, `Making the network ${name}`);
}

/**
 * Removes the network of that name where this lab made it; one that somebody else made in its place is left. Throws
 * LAB_DOCKER_FAILED, and names the containers that are on it.
 */
export async function removeOwnNetwork(
  docker: DockerCli,
  name: string,
  owner: NetworkOwner,
  signal?: AbortSignal,
): Promise<NetworkRemoval> {
  const result = await docker.run(['network', 'inspect', name], { signal });
  const network = parseNetworks(result.stdout).find((candidate) => candidate.name === name);
  if (network === undefined) {
    if (isNoSuchNetwork(result.stderr)) return { outcome: 'absent' };
    throw dockerFailure(result, `Looking at the network ${name}`);
  }
  if (!(await isMadeBy(network, owner))) {
    const range = network.subnets.join(', ');
    return {
      outcome: 'left',
      why: `The Docker network ${name} (${range}) was made by somebody else; lab has left it. \`docker network rm ${name}\` removes it.`,
    };
  }
  await assertNobodyOn(docker, network, signal);
  // By its id: another of that name may come into its place at any time.
  await removeNetwork(docker, network.id, signal);
  return { outcome: 'removed' };
}

/** Stopped containers count too: without the network they could not be started again. */
async function assertNobodyOn(
  docker: DockerCli,
  { id, name }: DockerNetwork,
  signal: AbortSignal | undefined,
): Promise<void> {
  const args = ['ps', '--all', '--filter', `network=${id}`, '--format', '{{.Names}}'];
  const listed = await docker.must(args, `Listing the containers on the network ${name}`, { signal });
  const containers = listed.split('\n').filter((line) => line !== '');
  if (containers.length === 0) return;
  const first = containers[0] ?? '';
  const message = `The network ${name} was not removed: ${containers.length === 1 ? 'a container is' : 'containers are'} still on it: ${containers.join(', ')}.`;
  const each = containers.length === 1 ? '' : ', and so on';
  throw new CommandError('LAB_DOCKER_FAILED', message, {
    hint: `Take off what is yours (\`docker network disconnect ${name} ${first}\`${each}) or remove it, then run the same command again.`,
  });
}

function isNoSuchNetwork(stderr: string): boolean {
  return /No such network|network \S+ not found/i.test(stderr);
}

/** Removes a network. One that is not there is as good as removed. Throws LAB_DOCKER_FAILED, e.g. while containers use it. */
export async function removeNetwork(docker: DockerCli, name: string, signal?: AbortSignal): Promise<void> {
  const result = await docker.run(['network', 'rm', name], { signal });
  if (result.exitCode === 0 || isNoSuchNetwork(result.stderr)) return;
  throw dockerFailure(result, `Removing the network ${name}`);
}
