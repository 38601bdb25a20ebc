import { formatDiscoveryEvent } from '../../discovery/discovery-event.ts';
import { RegistryFile } from '../../discovery/registry-file.ts';
import { startDiscoveryServer } from '../../discovery/server.ts';
import { loopback } from '../../model/cidr.ts';
import type { Handler } from '../runner.ts';

/** Starts the embedded discovery service; it ends with the run. Its port is kept: it is part of the members' identity. */
export const serveDiscovery: Handler<'serve-discovery'> = async (task, context) => {
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
  });
  context.resources.add(() => server.close());
  context.discovery.baseUrl = `http://${loopback}:${server.port}`;
  await context.updateState((state) => ({ ...state, discoveryPort: server.port }));
  return { status: 'changed', message: `http://${task.address}:${server.port}` };
};
