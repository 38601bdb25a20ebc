import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { descriptorsOf, engineOwn, engineResources, folderUse } from './support/engine-resources.ts';
import type { Resources } from './support/engine-resources.ts';
import { processesOf } from './support/host-trace.ts';
import { LabUser } from './support/lab-user.ts';
import { dockerLines, output } from './support/machine-commands.ts';
import { cacheWithoutArtifacts } from './support/package-repository.ts';

/** Two labs at a time, each of its own user: they take little longer than one. */
const rounds = 15;
const cycles = 2 * rounds;
/** Cycles until which images, caches and Vagrant's own files may come into being. */
const warmUp = 4;

/** Somebody who brings a lab up and removes it, again and again. */
interface Owner {
  user: LabUser;
  lab: string;
  /** Arguments of `lab up`. */
  scenario: string[];
  env: NodeJS.ProcessEnv;
  /** The user's own ssh agent. */
  agent?: ChildProcess;
}

const owners: Owner[] = [];
beforeAll(async () => {
  const one = await LabUser.create();
  owners.push({
    user: one,
    lab: 'coreos',
    scenario: ['coreos', '--edition', 'swarm', '--nodes', '1', '--subnet', '192.168.71.0/24'],
    ...(await withAgent(one)),
  });
  const other = await LabUser.create();
  await other.mustLab(['new', 'page', '--dir', other.dir]);
  owners.push({
    user: other,
    lab: 'page',
    scenario: [join(other.dir, 'page/page.yaml'), '--subnet', '192.168.72.0/24'],
    env: await ownFolders(other),
  });
});
afterAll(async () => {
  for (const { user, agent } of owners) {
    await user.remove();
    agent?.kill();
  }
});

/** Cache and temporary files are the user's alone: what others do at the same time is not counted. */
async function ownFolders(user: LabUser): Promise<NodeJS.ProcessEnv> {
  const temporary = join(user.dir, 'tmp');
  await mkdir(temporary);
  return { TMPDIR: temporary, LAB_CACHE: await cacheWithoutArtifacts(user) };
}

/** The user has an agent: the lab's key is put into it. Without one the lab starts its own. */
async function withAgent(user: LabUser): Promise<Pick<Owner, 'env' | 'agent'>> {
  const socket = join(user.dir, 'agent.sock');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { env: user.env, stdio: 'ignore' });
  await vi.waitUntil(() => existsSync(socket), { timeout: 5_000 });
  return { env: { ...(await ownFolders(user)), SSH_AUTH_SOCK: socket }, agent };
}

/** One that fails does not leave the other at work. */
async function atOnce<T>(work: (owner: Owner) => Promise<T>): Promise<T[]> {
  const working = owners.map(work);
  await Promise.allSettled(working);
  return Promise.all(working);
}

/** Gives the kinds of change that the lab's journal tells of. */
async function bringUp({ user, lab, scenario, env }: Owner): Promise<string[]> {
  await user.mustLab(['up', ...scenario, '--no-play', '--json', '--hosts-file', user.hostsFile], env);
  const journal = await readFile(user.labFile('journal.jsonl', lab), 'utf8');
  return [...journal.matchAll(/"kind":"([^"]+)"/g)].map(([, kind = '']) => kind).sort();
}

async function ownerResources({ user, lab, env, agent }: Owner): Promise<Resources> {
  const { files, bytes } = folderUse(user.dir);
  const index = await readFile(join(user.home, '.vagrant.d/data/machine-index/index'), 'utf8');
  const use: Resources = {
    'processes of the user': processesOf(user.home).length,
    // Home with .ssh and .vagrant.d, LAB_HOME, LAB_CACHE, the hosts file, temporary files.
    'files of the user': files,
    'bytes of the user': bytes,
    'machines that Vagrant knows': Object.keys((JSON.parse(index) as { machines: object }).machines).length,
  };
  if (agent !== undefined) {
    const keys = await output('sh', ['-c', 'ssh-add -L || true'], { env: { ...process.env, ...env } });
    use['keys in the agent'] = keys.split('\n').filter((line) => line.startsWith('ssh-')).length;
    use['descriptors of the agent'] = descriptorsOf(agent.pid ?? 0);
  }
  return Object.fromEntries(Object.entries(use).map(([name, value]) => [`${name} (${lab})`, value]));
}

const machines = new Set<string>();
async function resources(): Promise<Resources> {
  const ofOwners = await Promise.all(owners.map(ownerResources));
  return Object.assign(await engineResources(machines), ...ofOwners) as Resources;
}

/** What a lab that is up has none of: its image is there before; one of the two has no process. */
const ofNoLab = [
  'images and their layers',
  'processes of the user (coreos)',
  'descriptors of the agent (coreos)',
];

/** Names of what is more than it was, but for what the engine does as it likes. */
function moreThan(before: Resources, now: Resources): string[] {
  const names = Object.keys(before).filter((name) => !engineOwn.includes(name));
  return names.filter((name) => (now[name] ?? 0) > (before[name] ?? 0));
}

it(`after ${cycles} cycles of up and destroy nothing is more than after ${warmUp}`, async () => {
  /** By the number of cycles; 0 is while the first two labs are up. */
  const seen = new Map<number, Resources>();
  for (let cycle = 2; cycle <= cycles; cycle += 2) {
    expect(await atOnce(bringUp)).toEqual([
      ['agent-key', 'hosts-block', 'machines', 'network', 'ssh-include'],
      ['hosts-block', 'machines', 'network', 'ssh-agent', 'ssh-include'],
    ]);
    for (const id of await dockerLines('ps', '--all', '--quiet', '--no-trunc')) machines.add(id);
    if (cycle === 2) seen.set(0, await resources());
    await atOnce(({ user, lab, env }) => user.mustLab(['destroy', lab, '--yes'], env));
    seen.set(cycle, await resources());
  }
  const shown = [warmUp, 10, 20, cycles];
  console.log(['after cycle', ...shown, 'two labs are up'].join(' | '));
  const first = seen.get(warmUp) ?? {};
  for (const name of Object.keys(first))
    console.log([name, ...[...shown, 0].map((cycle) => seen.get(cycle)?.[name])].join(' | '));
  expect(machines.size).toBe(cycles);
  // The engine ends its own work for a container that is gone a little later.
  await expect.poll(async () => moreThan(first, await resources()), { timeout: 10_000 }).toEqual([]);
  const last = seen.get(cycles) ?? {};
  // One that is left in each cycle would be 26 more; they come and go by one to five.
  const grown = engineOwn.filter((name) => (last[name] ?? 0) - (first[name] ?? 0) > (cycles - warmUp) / 2);
  expect(grown).toEqual([]);
  // What a lab has none of while it is up shows nothing by not growing.
  const ofLabs = [...engineOwn, ...ofNoLab, ...moreThan(first, seen.get(0) ?? {})];
  expect(Object.keys(first).filter((name) => !ofLabs.includes(name))).toEqual([]);
  for (const { user } of owners) {
    const { hosts, ssh } = await user.trace();
    expect({ hosts, ssh }).toEqual({ hosts: user.before.hosts, ssh: user.before.ssh });
  }
}, 900_000);
