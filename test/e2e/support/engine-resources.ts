import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { docker, dockerLines, output } from './machine-commands.ts';

/** How much of each thing is in use, by what it is called. */
export type Resources = Record<string, number>;

/** What the programs of Docker hold on to a little longer or for good: threads are kept, connections closed later. */
export const engineOwn = [
  'descriptors of dockerd',
  'threads of dockerd',
  'goroutines of dockerd',
  'descriptors of containerd',
  'threads of containerd',
];

/** The sandbox's engine and the network namespace that it works in. `machines`: ids of all containers that there have been. */
export async function engineResources(machines: ReadonlySet<string>): Promise<Resources> {
  const [dockerd, containerd] = [theProcess('dockerd'), theProcess('containerd')];
  const words = readFileSync(`/proc/${dockerd}/cmdline`, 'utf8').split('\0');
  const cgroups = cgroupsOf(`/proc/${dockerd}/root/sys/fs/cgroup`);
  const data = folderUse(words[words.indexOf('--data-root') + 1] ?? '');
  const count = async (...args: string[]): Promise<number> => (await dockerLines(...args)).length;
  return {
    'processes in the sandbox': processesHere().length,
    containers: await count('ps', '--all', '--quiet'),
    networks: await count('network', 'ls', '--quiet'),
    volumes: await count('volume', 'ls', '--quiet'),
    'images and their layers': await count('image', 'ls', '--all', '--quiet'),
    "files in Docker's data": data.files,
    "bytes in Docker's data": data.bytes,
    "files in Docker's state": folderUse(words[words.indexOf('--exec-root') + 1] ?? '').files,
    'mounts of the engine': lines(readFileSync(`/proc/${dockerd}/mountinfo`, 'utf8')),
    'cgroups of machines': cgroups.filter((id) => machines.has(id)).length,
    'network interfaces': readdirSync('/sys/class/net').length,
    routes: lines(await output('ip', ['route', 'show', 'table', 'all'])),
    'firewall rules': lines(await output('iptables-save', [])) + lines(await output('ip6tables-save', [])),
    'descriptors of dockerd': descriptorsOf(dockerd),
    'threads of dockerd': readdirSync(`/proc/${dockerd}/task`).length,
    'goroutines of dockerd': Number(await docker('info', '--format', '{{.NGoroutines}}')),
    'descriptors of containerd': descriptorsOf(containerd),
    'threads of containerd': readdirSync(`/proc/${containerd}/task`).length,
  };
}

/** Open descriptors of a process. */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/**
 * Files and folders below a folder, and the bytes in them; links are not followed. Left out is what Docker tidies in its own
 * time: names of network namespaces, once a minute, and the size of its databases, which grow by pages that are used again.
 */
export function folderUse(folder: string): { files: number; bytes: number } {
  const use = { files: 0, bytes: 0 };
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    use.files += 1;
    if (entry.isFile() && !entry.name.endsWith('.db')) use.bytes += lstatSync(path).size;
    if (!entry.isDirectory() || entry.name === 'netns') continue;
    const inside = folderUse(path);
    use.files += inside.files;
    use.bytes += inside.bytes;
  }
  return use;
}

/** The one process of that name in this network namespace. */
function theProcess(name: string): number {
  const found = processesHere().filter((pid) => read(`/proc/${pid}/comm`).trim() === name);
  if (found.length === 1 && found[0] !== undefined) return found[0];
  throw new Error(`${found.length} processes are called ${name}, not one`);
}

/** All in this network namespace: the engine, what it starts for machines, `lab` with its commands, and this test. */
function processesHere(): number[] {
  const here = readlinkSync('/proc/self/ns/net');
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/ns/net`) === here;
    } catch {
      return false; // It has ended meanwhile.
    }
  });
}

/** Names of the containers' cgroups; in version 1 there is a tree for each controller. */
function cgroupsOf(root: string): string[] {
  const trees = [root, ...readdirSync(root).map((name) => join(root, name))];
  return trees
    .map((tree) => join(tree, 'docker'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder));
}

function lines(text: string): number {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // It has ended meanwhile.
  }
}
