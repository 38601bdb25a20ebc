import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RegistryFile } from '../../../src/discovery/registry-file.ts';
import { startDiscoveryServer } from '../../../src/discovery/server.ts';
import { send } from '../../support/http-exchange.ts';
import { joinCluster } from '../../support/simulated-member.ts';

const clusters = 200;
const size = 9;

it(`lets ${clusters} clusters of ${size} form at once, every member with the same complete list`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lab-load-'));
  const store = await RegistryFile.open(join(folder, 'registry.json'));
  const server = await startDiscoveryServer({ store, bind: ['127.0.0.1'], port: 0, sources: [] });
  const agent = new Agent({ keepAlive: true });
  const form = async (): Promise<void> => {
    const url = (await send('GET', `http://127.0.0.1:${server.port}/new?size=${size}`, { agent })).body;
    const names = Array.from({ length: size }, (_, n) => `core-0${n + 1}=http://10.0.0.${n + 1}:2380`);
    const lists = await Promise.all(
      names.map((name, n) => joinCluster(url, (n + 0xabc0).toString(16), name, agent)),
    );
    expect(new Set(lists[0])).toEqual(new Set(names));
    for (const list of lists) expect(list).toEqual(lists[0]);
  };
  await Promise.all(Array.from({ length: clusters }, form));
  expect(server.watches()).toBe(0);
  agent.destroy();
  await server.close();

  const restarted = await RegistryFile.open(join(folder, 'registry.json'));
  expect(restarted.registry.snapshot()).toEqual(store.registry.snapshot());
  expect(restarted.registry.snapshot().tokens.map(({ members }) => members.length)).toEqual(
    Array.from({ length: clusters }, () => size),
  );
  await rm(folder, { recursive: true });
}, 60_000);
