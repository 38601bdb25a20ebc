import { filesToInstall } from '../model/files-to-install.ts';
import { count } from '../model/count.ts';
import { hostAddress } from '../model/cidr.ts';
import type { Facts, HostFacts } from '../model/facts.ts';
import type { Machine } from '../model/machine.ts';
import type { BoxRequest, Plan, Task } from '../model/plan.ts';
import type { ParameterValue, Scenario, Step } from '../model/scenario.ts';
import { stepsAreLost } from '../model/steps-lost.ts';
import { userDataTemplate } from '../model/user-data-template.ts';
import { bootTask } from './boot-task.ts';
import { isDone } from './chapter-progress.ts';
import { hostTasks, type HostWishes } from './host-tasks.ts';
import { decideGeneration, type GenerationDecision } from './decide-generation.ts';

/** What the user asked for, with all choices made. */
export interface UpRequest extends HostWishes {
  scenario: Scenario;
  lab: string;
  parameters: Record<string, ParameterValue>;
  machines: Machine[];
  edition: string | undefined;
  subnet: string;
  networkName: string;
  /** There is no state yet, or it says something else than this request. */
  stateChanges: boolean;
  /** The machines have a network of their own. */
  privateNetwork: boolean;
  /** Boxes that the machines are made from, each once; empty where the provider uses none. */
  boxes: BoxRequest[];
  /** How many machines boot at the same time at most; undefined: as many as memory and processors allow. */
  parallel: number | undefined;
  /** Steps to play, in order; empty with `--no-play`. */
  steps: Step[];
  discoveryUrl: string | undefined;
  /** 0: any free port. */
  discoveryPort: number;
  /** How the machines see this host; the embedded discovery service listens on `bind`. */
  hostAccess: { address: string; bind: string; sources: readonly string[] };
  reasons: string[];
  warnings: string[];
}

/** The plan of `lab up`: what is missing of the lab, in the order in which it has to be made. No tasks: nothing to do. */
export function planUp(request: UpRequest, facts: Facts, host: HostFacts): Plan {
  const generation = decideGeneration(request.scenario, request.machines, facts);
  const tasks = [
    ...prepareTasks(request, facts, generation),
    ...bootTasks(request, facts, generation),
    ...hostTasks(request, withNewKeys(request, facts, host)),
    ...stepTasks(request, facts, generation),
  ];
  const forwarded =
    facts.provider.forwardsPorts || !request.privateNetwork
      ? [
          "machines' own addresses cannot be reached from this host: ssh and HTTP checks go through forwarded ports on 127.0.0.1",
        ]
      : [];
  return {
    command: 'up',
    lab: request.lab,
    scenario: request.scenario.name,
    title: request.scenario.title,
    provider: facts.provider.name,
    ...(request.edition === undefined ? {} : { edition: request.edition }),
    subnet: request.subnet,
    parameters: request.parameters,
    machines: request.machines,
    reasons: [
      facts.provider.reason,
      facts.provider.description,
      ...request.reasons,
      ...forwarded,
      ...generation.reasons,
    ],
    warnings: [...request.warnings, ...(host.foreignLines ?? [])],
    tasks,
  };
}

/** A machine that is made anew has another host key than the one that the ssh config knows it by. */
function withNewKeys(request: UpRequest, facts: Facts, host: HostFacts): HostFacts {
  const areWhole = request.machines.every(({ name }) => isWhole(name, facts));
  return host.sshConfig === 'current' && !areWhole ? { ...host, sshConfig: 'stale' } : host;
}

/** The machine is made, and made to its end. */
function isWhole(name: string, facts: Facts): boolean {
  return facts.machines.some((seen) => seen.name === name && ['running', 'stopped'].includes(seen.state));
}

function prepareTasks(request: UpRequest, facts: Facts, generation: GenerationDecision): Task[] {
  const artifacts = neededArtifacts(request, generation, facts.provider.name);
  const { image } = facts.provider;
  return [
    ...(artifacts.length === 0
      ? []
      : [{ ...task('fetch-artifacts', `Fetch ${artifacts.join(', ')}`), artifacts }]),
    ...(request.stateChanges ? [task('prepare-lab', "Prepare the lab's folder and its ssh key")] : []),
    // Somebody else's service is asked before anything is made that takes time, and that would be left if it fails.
    ...(request.discoveryUrl === undefined ? [] : tokenTask(request, generation)),
    ...(image === undefined || image.present
      ? []
      : [{ ...task('build-image', `Build the node image ${image.name}`), image: image.name }]),
    ...(facts.networkPresent || !request.privateNetwork ? [] : [networkTask(request)]),
    ...boxTasks(request, facts),
  ];
}

function neededArtifacts(request: UpRequest, generation: GenerationDecision, provider: string): string[] {
  if (generation.toApply.length === 0) return [];
  const files = filesToInstall(request.scenario, request.edition, provider);
  return [...new Set(files.map((file) => file.artifact))];
}

function boxTasks({ boxes, machines }: UpRequest, facts: Facts): Task[] {
  if (machines.every(({ name }) => isWhole(name, facts))) return [];
  const isThere = ({ name, version }: BoxRequest): boolean =>
    facts.boxes.some((box) => box.name === name && (version === undefined || box.version === version));
  const missing = boxes.filter((box) => !isThere(box));
  if (missing.length === 0) return [];
  const names = missing.map((box) => box.name).join(', ');
  return [{ ...task('add-boxes', `Fetch the Vagrant box ${names}`), boxes: missing }];
}

function networkTask(request: UpRequest): Task {
  return {
    ...task('create-network', `Make the private network ${request.subnet}`),
    network: request.networkName,
    subnet: request.subnet,
    gateway: hostAddress(request.subnet, 1),
  };
}

function bootTasks(request: UpRequest, facts: Facts, generation: GenerationDecision): Task[] {
  const running = new Set(facts.machines.filter((seen) => seen.state === 'running').map((seen) => seen.name));
  const missing = request.machines.filter((machine) => !running.has(machine.name));
  const projects = [...new Set(request.machines.map((machine) => machine.project))];
  const changes = missing.length > 0 || generation.toApply.length > 0 || !facts.filesPresent;
  const boots = projects
    .map((project) => ({
      project,
      machines: missing.filter((machine) => machine.project === project).map((m) => m.name),
    }))
    .filter((boot) => boot.machines.length > 0);
  return [
    ...discoveryTasks(request, facts, generation),
    ...(changes
      ? [
          {
            ...task('render-files', 'Render user-data and config.rb'),
            files: renderedFiles(request, facts.provider.name),
          },
        ]
      : []),
    ...boots.map(({ project, machines }) => bootTask(project, machines, request, facts)),
    ...(generation.toApply.length === 0
      ? []
      : [
          {
            ...task('apply-user-data', `Apply user-data on ${generation.toApply.join(', ')}`),
            machines: generation.toApply,
          },
        ]),
  ];
}

function renderedFiles(request: UpRequest, provider: string): string[] {
  const groups = request.scenario.machines.filter((group) =>
    request.machines.some((machine) => machine.role === group.role),
  );
  return groups.flatMap((group) => [
    `${group.project}/config.rb`,
    ...(userDataTemplate(group, provider) === undefined ? [] : [`${group.project}/user-data`]),
  ]);
}

function discoveryTasks(request: UpRequest, facts: Facts, generation: GenerationDecision): Task[] {
  if (generation.toApply.length === 0) return [];
  const { bind, address, sources } = request.hostAccess;
  const port = facts.state?.discoveryPort ?? request.discoveryPort;
  // A token is known to the service that it was fetched from, and to no other that is asked for now.
  const isEmbedded = generation.isNew
    ? request.discoveryUrl === undefined
    : facts.state?.discoveryPort !== undefined;
  const serve: Task[] = isEmbedded
    ? [{ ...task('serve-discovery', `Serve etcd discovery on ${bind}`), bind, address, port, sources }]
    : [];
  return request.discoveryUrl === undefined ? [...serve, ...tokenTask(request, generation)] : serve;
}

function tokenTask({ discoveryUrl }: UpRequest, generation: GenerationDecision): Task[] {
  if (generation.toApply.length === 0 || !generation.isNew) return [];
  return [
    {
      ...task('fetch-token', `Fetch a discovery token for ${count(generation.size, 'member')}`),
      size: generation.size,
      generation: generation.number,
      ...(discoveryUrl === undefined ? {} : { url: discoveryUrl }),
    },
  ];
}

function stepTasks(request: UpRequest, facts: Facts, generation: GenerationDecision): Task[] {
  const { machines } = request;
  const toMake = machines.map(({ name }) => name).filter((name) => !isWhole(name, facts));
  const startsOver = generation.isNew || stepsAreLost(machines, toMake, facts.state?.hostKeys ?? {});
  const records = startsOver ? {} : (facts.state?.steps ?? {});
  const first = request.steps.findIndex((step) => !isDone(step, records));
  return first < 0 ? [] : request.steps.slice(first).map(stepTask);
}

/** A step of the chapter as a task. */
export function stepTask(step: Step): Task {
  return { kind: 'step', id: `step-${step.id}`, title: step.title, step };
}

function task<Kind extends Task['kind']>(kind: Kind, title: string): { kind: Kind; id: Kind; title: string } {
  return { kind, id: kind, title };
}
