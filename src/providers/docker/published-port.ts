import * as z from 'zod';
import { CommandError } from '../../model/errors.ts';
import type { Endpoint } from '../../model/machine.ts';
import type { DockerCli } from './docker-cli.ts';

/** `NetworkSettings.Ports` of `docker inspect`: `22/tcp` to the bindings on the host; null without any. */
const portsSchema = z.record(
  z.string(),
  z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullable(),
);

/** Where a published port of a container is reached on this host. Throws LAB_PORT_UNPUBLISHED where it is not, as of a stopped machine. */
export async function publishedEndpoint(
  docker: DockerCli,
  machine: string,
  id: string | undefined,
  port: number,
  signal?: AbortSignal,
): Promise<Endpoint> {
  const args = ['inspect', '--format', '{{json .NetworkSettings.Ports}}', id ?? machine];
  const ports = portsSchema.parse(
    JSON.parse(await docker.must(args, `Finding port ${port} of ${machine}`, { signal })),
  );
  const binding = ports[`${port}/tcp`]?.[0];
  if (binding === undefined) {
    throw new CommandError(
      'LAB_PORT_UNPUBLISHED',
      `Port ${port} of ${machine} is not published on this host.`,
      {
        machine,
        hint: 'Only ports 22 and 80 are, and only while the machine runs: `lab status`.',
      },
    );
  }
  return { host: binding.HostIp, port: Number(binding.HostPort) };
}
