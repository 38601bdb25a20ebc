import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { isOnPath } from '../io/on-path.ts';
import type { Problem } from '../model/errors.ts';
import type { Facts } from '../model/facts.ts';
import type { LabState } from '../model/lab-state.ts';
import type { NetworkOwner, Provider } from '../providers/provider.ts';
import { hostRoutes } from './host-routes.ts';
import { observeMachines, silenceProblems } from './observe-machines.ts';

export interface ObserveRequest {
  provider: Provider;
  providerReason: string;
  state: LabState | undefined;
  networkName: string;
  networkOwner: NetworkOwner;
  /** Problems of Vagrant, looked for at the same time. */
  vagrantProblems: Promise<Problem[]>;
  /** Whether each artifact of the scenario can be had. */
  artifacts: Promise<Facts['artifacts']>;
  labDir: string;
  projectDir: (project: string) => string;
  privateKey: string;
  signal: AbortSignal;
}

/** Looks at this host and at the lab's machines. Changes nothing; all questions are asked at the same time. */
export async function observe(request: ObserveRequest): Promise<Facts> {
  const { provider, state, signal } = request;
  const [facts, subnets, routes, machines, vagrantProblems, artifacts, freeDiskMb] = await Promise.all([
    provider.facts(signal),
    provider.usedSubnets(
      {
        name: request.networkName,
        owner: request.networkOwner,
        ...(state === undefined ? {} : { subnet: state.subnet }),
      },
      signal,
    ),
    hostRoutes((path) => readFile(path, 'utf8')),
    observeMachines(state?.machines ?? [], provider, request.projectDir, signal),
    request.vagrantProblems,
    request.artifacts,
    freeDisk(request.labDir),
  ]);
  const projects = [...new Set(state?.machines.map((machine) => machine.project))];
  return {
    provider: {
      name: provider.name,
      reason: request.providerReason,
      description: facts.description,
      architecture: facts.architecture,
      forwardsPorts: facts.forwardsPorts,
      ...(facts.image === undefined ? {} : { image: facts.image }),
      bootsTogether: provider.bootsTogether,
      usesBoxes: provider.usesBoxes,
      ...(facts.allowedRanges === undefined ? {} : { allowedRanges: facts.allowedRanges }),
      ...(facts.noPrivateNetwork === undefined ? {} : { noPrivateNetwork: facts.noPrivateNetwork }),
    },
    problems: [
      ...vagrantProblems,
      ...(facts.problems.length > 0 ? facts.problems : silenceProblems(machines, provider.name)),
      ...missingTools(),
    ],
    usedSubnets: [...subnets.used, ...interfaceRanges(), ...routes],
    freeMemoryMb: Math.floor(freemem() / 2 ** 20),
    processors: availableParallelism(),
    freeDiskMb,
    state,
    machines,
    networkPresent: subnets.ownPresent,
    ...(subnets.isForeign === true ? { networkIsForeign: true } : {}),
    filesPresent:
      existsSync(request.privateKey) &&
      projects.length > 0 &&
      projects.every((project) => existsSync(join(request.projectDir(project), 'config.rb'))),
    boxes: [...(facts.boxes ?? [])],
    artifacts,
  };
}

/** The OpenSSH client's programs are called by name; their absence is found here and not halfway. */
function missingTools(): Problem[] {
  return ['ssh', 'ssh-keygen', 'ssh-add', 'ssh-agent']
    .filter((tool) => !isOnPath(tool, process.env))
    .map((tool) => ({
      code: 'LAB_TOOL_MISSING',
      severity: 'error',
      message: `There is no \`${tool}\` on PATH.`,
      fix: '`sudo apt-get install openssh-client`, or the OpenSSH client of your system.',
    }));
}

function interfaceRanges(): { subnet: string; owner: string }[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? [])
      .filter((address) => address.family === 'IPv4' && !address.internal && address.cidr !== null)
      .map((address) => ({ subnet: address.cidr ?? '', owner: `interface ${name}` })),
  );
}

/** Free megabytes on the disk of the nearest folder that exists. */
async function freeDisk(folder: string): Promise<number> {
  let path = folder;
  while (!existsSync(path)) path = dirname(path);
  const { bavail, bsize } = await statfs(path);
  return Math.floor((bavail * bsize) / 2 ** 20);
}
