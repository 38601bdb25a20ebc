import * as z from 'zod';
import { EnvironmentError } from '../../model/errors.ts';
import type { NetworkOwner, NetworkRequest } from '../provider.ts';
import { withoutLinks } from '../../io/without-links.ts';
import { dockerFailure } from './docker-cli.ts';
import type { DockerCli } from './docker-cli.ts';

/** Of `docker network inspect`; networks of the drivers host and none have no ranges. */
const networkSchema = z.object({
  Name: z.string(),
  IPAM: z.object({ Config: z.array(z.object({ Subnet: z.string().optional() })).nullish() }),
});

type Network = z.infer<typeof networkSchema>;

/** What all of the engine's networks are called and which ranges they have. Nothing where the engine does not answer. */
export async function listNetworks(
  docker: DockerCli,
  signal?: AbortSignal,
): Promise<{ name: string; subnets: string[] }[]> {
  const ids = await docker.run(['network', 'ls', '--quiet', '--no-trunc'], { signal });
  const list = ids.stdout.split('\n').filter((id) => id !== '');
  if (ids.exitCode !== 0 || list.length === 0) return [];
  // A network that was removed in between makes the exit status 1; the others are printed all the same.
  return parseNetworks((await docker.run(['network', 'inspect', ...list], { signal })).stdout);
}

function parseNetworks(stdout: string): { name: string; subnets: string[] }[] {
  if (!stdout.trimStart().startsWith('[')) return [];
  return z
    .array(networkSchema)
    .parse(JSON.parse(stdout))
    .map((network) => ({ name: network.Name, subnets: subnetsOf(network) }));
}

function subnetsOf(network: Network): string[] {
  return (network.IPAM.Config ?? []).flatMap(({ Subnet }) =>
    Subnet === undefined || Subnet.includes(':') ? [] : [Subnet],
  );
}

/** Makes a bridge network, or finds it there with the same range. Throws LAB_ADDRESS_TAKEN where the range is not free. */
export async function createNetwork(
  docker: DockerCli,
  { name, subnet, gateway }: NetworkRequest,
  owner: NetworkOwner,
  signal?: AbortSignal,
): Promise<void> {
  const present = parseNetworks((await docker.run(['network', 'inspect', name], { signal })).stdout)[0];
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
      hint: 'Choose another with --subnet, or leave --subnet out and the lab takes the first free range.',
    });
  }
  throw dockerFailure(result, `Making the network ${name}`);
}

/** Removes a network. One that is not there is as good as removed. Throws LAB_DOCKER_FAILED, e.g. while containers use it. */
export async function removeNetwork(docker: DockerCli, name: string, signal?: AbortSignal): Promise<void> {
  const result = await docker.run(['network', 'rm', name], { signal });
  if (result.exitCode === 0 || /No such network|network \S+ not found/i.test(result.stderr)) return;
  throw dockerFailure(result, `Removing the network ${name}`);
}
