import { once } from 'node:events';
import { formatDiscoveryEvent } from '../../discovery/discovery-event.ts';
import { Registry } from '../../discovery/registry.ts';
import { RegistryFile } from '../../discovery/registry-file.ts';
import { memoryStore } from '../../discovery/registry-store.ts';
import { startDiscoveryServer } from '../../discovery/server.ts';
import { portNumber } from '../port-number.ts';
import { print } from '../print.ts';
import type { CommandInput } from '../command-input.ts';

/** `lab discovery serve`: the discovery service alone, until it is stopped. */
export async function discoveryServe(
  options: { bind: string; port: string; allow?: string[]; file?: string },
  input: CommandInput,
): Promise<void> {
  const server = await startDiscoveryServer({
    store: options.file === undefined ? memoryStore(new Registry()) : await RegistryFile.open(options.file),
    bind: [options.bind],
    port: portNumber(options.port),
    sources: options.allow ?? [],
    onEvent: (event) => {
      process.stderr.write(`${formatDiscoveryEvent(event)}\n`);
    },
  });
  for (const url of server.urls) print(`Discovery service on ${url}; new token: curl -s '${url}/new?size=3'`);
  if (!input.signal.aborted) await once(input.signal, 'abort');
  await server.close();
}
