import { resolve } from 'node:path';
import type { MachineObservation, MachineState } from '../../model/machine.ts';
import { withoutLinks } from '../../io/without-links.ts';
import { readMachineId } from '../../vagrant/machine-files.ts';
import type { DockerCli } from './docker-cli.ts';

/** A container that our Vagrantfile made, as `docker ps` shows it. */
export interface MachineContainer {
  id: string;
  machine: string;
  /** `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`. */
  state: string;
  /** It is on the lab's network: what Vagrant does last before it waits for ssh. */
  connected: boolean;
}

const columns = ['.ID', '.State', '.Label "chapterlab.machine"', '.Label "chapterlab.network"', '.Networks'];
const format = columns.map((column) => `{{${column}}}`).join('\t');

/** All containers with a label, running or not. Undefined where the engine does not answer. */
export async function listContainers(
  docker: DockerCli,
  label: string,
  signal?: AbortSignal,
): Promise<MachineContainer[] | undefined> {
  const args = ['ps', '--all', '--no-trunc', '--filter', `label=${label}`, '--format', format];
  const result = await docker.run(args, { signal });
  if (result.exitCode !== 0) return undefined;
  return result.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [id = '', state = '', machine = '', network = '', networks = ''] = line.split('\t');
      return { id, machine, state, connected: networks.split(',').includes(network) };
    });
}

/**
 * The label that all containers of a Vagrant project carry: its folder, without symbolic links, as Vagrant resolves
 * them. The folder itself may be gone.
 */
export async function projectLabel(projectDir: string): Promise<string> {
  return `chapterlab.project=${await withoutLinks(resolve(projectDir))}`;
}

/**
 * States of machines, from Vagrant's id files and one call to docker, about 30 ms. `unknown`: the engine does not
 * answer, or the machine is half made (Vagrant failed or was killed while it made it). Vagrant itself takes a half-made
 * machine for a good one, and its next `up` does nothing; such a machine must be discarded first.
 */
export async function observeMachines(
  docker: DockerCli,
  projectDir: string,
  machines: readonly string[],
  signal?: AbortSignal,
): Promise<MachineObservation[]> {
  const containers = await listContainers(docker, await projectLabel(projectDir), signal);
  return await Promise.all(
    machines.map(async (name) => {
      if (containers === undefined) return { name, state: 'unknown' as const };
      const container = containers.find((candidate) => candidate.machine === name);
      if (container === undefined) return { name, state: 'absent' as const };
      const known = (await readMachineId(projectDir, name, 'docker')) === container.id;
      return { name, state: known ? stateOf(container) : ('unknown' as const), id: container.id };
    }),
  );
}

function stateOf({ state, connected }: MachineContainer): MachineState {
  if (!connected) return 'unknown';
  if (state === 'running') return 'running';
  return state === 'exited' ? 'stopped' : 'unknown';
}

/** Removes containers with their volumes; returns their names. Throws LAB_DOCKER_FAILED. */
export async function removeContainers(
  docker: DockerCli,
  containers: readonly MachineContainer[],
  signal?: AbortSignal,
): Promise<string[]> {
  if (containers.length === 0) return [];
  const ids = containers.map((container) => container.id);
  const names = containers.map((container) => container.machine);
  await docker.must(['rm', '--force', '--volumes', ...ids], `Removing ${names.join(', ')}`, {
    signal,
    timeoutMs: 60_000,
  });
  return names;
}
