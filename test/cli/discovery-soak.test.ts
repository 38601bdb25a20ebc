import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import http, { Agent } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { send } from '../support/http-exchange.ts';
import { labSandbox, type LabSandbox } from '../support/lab-process.ts';
import { joinCluster } from '../support/simulated-member.ts';

const cycles = 30;
/** Until then code is compiled and tables get their size. */
const warmUp = 10;
const clustersPerCycle = 5;
const size = 3;
/** Tokens are kept for good: 3 kB for each, with what has happened to it and its text in the file. Compiled code is as much again. */
const bytesPerCluster = 12_000;

/** What test/support/report-objects.mjs writes. */
interface Held {
  objects: Record<string, number>;
  resources: string[];
  bytes: number;
}

let sandbox: LabSandbox;
beforeEach(async () => {
  sandbox = await labSandbox();
});
afterEach(() => sandbox.remove());

/** Starts the service; resolves with its address when it listens. */
async function serve(
  ...args: string[]
): Promise<{ child: ChildProcessWithoutNullStreams; url: string; held: () => Promise<Held> }> {
  const report = join(sandbox.dir, 'objects');
  const hook = pathToFileURL('test/support/report-objects.mjs').href;
  const child = sandbox.start(['discovery', 'serve', '--port', '0', ...args], {
    env: { NODE_OPTIONS: `--import=${hook}`, LAB_OBJECTS_REPORT: report },
  });
  child.stderr.resume();
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const url = /Discovery service on (\S+);/.exec(line.toString())?.[1] ?? '';
  const lines = (): string[] => (existsSync(report) ? readFileSync(report, 'utf8').trim().split('\n') : []);
  const held = async (): Promise<Held> => {
    const before = lines().length;
    child.kill('SIGUSR2');
    await vi.waitUntil(() => lines().length > before, { timeout: 20_000, interval: 20 });
    return JSON.parse(lines().at(-1) ?? '') as Held;
  };
  return { child, url, held };
}

/** One that waits for a member and goes away without a word, as a machine that is destroyed. */
async function vanish(cluster: string): Promise<void> {
  const request = http.get(`${cluster}?recursive=true&wait=true&waitIndex=1000000`, { agent: false });
  const gone = once(request, 'close');
  // The headers of a watch come at once.
  await once(request, 'response');
  request.once('error', () => undefined).destroy();
  await gone;
}

async function formCluster(service: string, agent: Agent): Promise<void> {
  const { body: cluster } = await send('GET', `${service}/new?size=${size}`, { agent });
  await vanish(cluster);
  const names = Array.from({ length: size }, (_, n) => `core-0${n + 1}=http://10.0.0.${n + 1}:2380`);
  const lists = await Promise.all(
    names.map((name, n) => joinCluster(cluster, (n + 0xabc0).toString(16), name, agent)),
  );
  for (const list of lists) expect(list.toSorted()).toEqual(names);
}

const isLinux = process.platform === 'linux';
const title = `after ${cycles} cycles of clusters a discovery service holds no more than after ${warmUp}, but for their tokens`;

it.skipIf(!isLinux)(
  isLinux ? title : `${title} (skipped: no /proc here)`,
  async () => {
    const folder = join(sandbox.dir, 'tokens');
    await mkdir(folder);
    const { child, url, held } = await serve('--file', join(folder, 'registry.json'));
    const descriptors = async (): Promise<number> => (await readdir(`/proc/${child.pid ?? 0}/fd`)).length;
    const atRest = await descriptors();
    const seen: Held[] = [];
    for (let cycle = 1; cycle <= cycles; cycle += 1) {
      const agent = new Agent({ keepAlive: true });
      await Promise.all(Array.from({ length: clustersPerCycle }, () => formCluster(url, agent)));
      agent.destroy();
      // That connections were closed the service learns a moment later.
      await expect.poll(descriptors, { timeout: 5_000, interval: 10 }).toBe(atRest);
      if (cycle === warmUp || cycle === cycles) seen.push(await held());
    }
    const [first, last] = seen;
    expect({ ...last, bytes: 0 }).toEqual({ ...first, bytes: 0 });
    const clusters = (cycles - warmUp) * clustersPerCycle;
    const growth = ((last?.bytes ?? 0) - (first?.bytes ?? 0)) / clusters;
    console.log(`${JSON.stringify(last)}; ${Math.round(growth)} bytes more for each cluster`);
    expect(growth).toBeLessThan(bytesPerCluster);
    expect(await readdir(folder)).toEqual(['registry.json']);
    const { tokens } = JSON.parse(await readFile(join(folder, 'registry.json'), 'utf8')) as {
      tokens: unknown[];
    };
    expect(tokens).toHaveLength(cycles * clustersPerCycle);
    const ended = once(child, 'close');
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  },
  60_000,
);
