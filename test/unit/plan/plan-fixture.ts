import type { Facts } from '../../../src/model/facts.ts';
import type { LabState } from '../../../src/model/lab-state.ts';
import type { Machine, MachineObservation } from '../../../src/model/machine.ts';

/** Nodes of a lab as the coreos scenario has them. */
export function nodes(count: number): Machine[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `core-0${index + 1}`,
    role: 'node',
    project: 'coreos',
    address: `172.17.8.${101 + index}`,
    memoryMb: 512,
    cpus: 1,
    aliases: [],
  }));
}

/** The machines as the provider shows them: all running, each with the id that it was made with. */
export function running(count: number): MachineObservation[] {
  return nodes(count).map(({ name }) => ({ name, state: 'running', id: `id of ${name}` }));
}

/** What was observed on a host where nothing of the lab is. */
export function emptyHost(changes: Partial<Facts> = {}): Facts {
  return {
    provider: {
      name: 'docker',
      reason: 'provider docker: there is no VBoxManage on PATH',
      description: 'docker 20.10.24, machines run with --privileged',
      architecture: 'amd64',
      forwardsPorts: false,
      bootsTogether: true,
      usesBoxes: false,
      image: { name: 'chapterlab/node:0123456789ab', present: false },
    },
    problems: [],
    usedSubnets: [],
    freeMemoryMb: 8000,
    processors: 4,
    freeDiskMb: 50_000,
    state: undefined,
    machines: [],
    networkPresent: false,
    filesPresent: false,
    boxes: [],
    artifacts: { fleet: 'no' },
    ...changes,
  };
}

/** State of a lab of so many nodes whose cluster formed and whose chapter was played as far as `steps` says. */
export function formedState(count: number, steps: readonly string[] = []): LabState {
  const machines = nodes(count);
  return {
    version: 1,
    lab: 'coreos',
    scenario: 'coreos',
    provider: 'docker',
    edition: 'swarm',
    parameters: { nodes: count },
    with: [],
    subnet: '172.17.8.0/24',
    machines,
    discoveryPort: 40_001,
    generation: {
      number: 1,
      members: machines.map(({ name }) => name),
      discoveryUrl: 'http://172.17.8.1:40001/0123456789abcdef0123456789abcdef',
      applied: Object.fromEntries(machines.map(({ name }) => [name, { id: `id of ${name}`, done: true }])),
    },
    hostKeys: {},
    steps: Object.fromEntries(steps.map((id) => [id, { status: 'passed', at: '2026-01-01T00:00:00.000Z' }])),
  };
}

/** A host where all of that lab is there and runs. */
export function wholeHost(count: number, state: LabState, changes: Partial<Facts> = {}): Facts {
  const { provider } = emptyHost();
  return emptyHost({
    provider: { ...provider, image: { name: 'chapterlab/node:0123456789ab', present: true } },
    state,
    machines: running(count),
    networkPresent: true,
    filesPresent: true,
    ...changes,
  });
}
