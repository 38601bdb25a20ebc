import { RegistryFile } from '../../src/discovery/registry-file.ts';
import { startDiscoveryServer } from '../../src/discovery/server.ts';

// A discovery service in a process of its own: `discovery-service.ts FILE PORT BIND SOURCE...`. Prints its port.
const [file = '', port = '0', bind = '127.0.0.1', ...sources] = process.argv.slice(2);
const server = await startDiscoveryServer({
  store: await RegistryFile.open(file),
  bind: [bind],
  port: Number(port),
  sources,
});
console.log(server.port);
