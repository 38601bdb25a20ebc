import { formatDiscoveryEvent } from '../../discovery/discovery-event.ts';
import { RegistryFile } from '../../discovery/registry-file.ts';
import { startDiscoveryServer } from '../../discovery/server.ts';
import { loopback } from '../../model/cidr.ts';
import { EnvironmentError } from '../../model/errors.ts';
import type { Handler } from '../runner.ts';

/** Starts the embedded discovery service; it ends with the run. Its port is kept: it is part of the members' identity. */
export const serveDiscovery: Handler<'serve-discovery'> = async (task, context) => {
  const known = context.state().discoveryPort === task.port;
  const server = await startDiscoveryServer({
    store: await RegistryFile.open(context.paths.discoveryRegistry),
    // This host itself asks on loopback: on its way to a bridge's address Docker's NAT gives it another source.
    bind: [...new Set([loopback, task.bind])],
    port: task.port,
    publicHost: task.address,
    sources: task.sources,
    onEvent: (event) => {
      context.log(`discovery: ${formatDiscoveryEvent(event)}`);
    },
  }).catch((error: unknown) => {
    throw known ? portIsKnown(error, task.port) : error;
  });
  context.resources.add(() => server.close());
  context.discovery.baseUrl = `http://${loopback}:${server.port}`;
  await context.updateState((state) => ({ ...state, discoveryPort: server.port }));
  return { status: 'changed', message: `http://${task.address}:${server.port}` };
};

/** The machines have been told of the port: another one is of no use to them. */
function portIsKnown(error: unknown, port: number): unknown {
  if (!(error instanceof EnvironmentError) || error.code !== 'LAB_PORT_TAKEN') return error;
  return new EnvironmentError('LAB_PORT_TAKEN', error.message, {
    ...error.details,
    hint: `See which: \`ss -ltnp 'sport = :${port}'\`. Stop it and run the same command again, because the machines of this lab know the port; or \`lab destroy\` and \`lab up\`, which takes another.`,
  });
}
