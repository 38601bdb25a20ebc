import type { Exec } from '../../io/exec.ts';
import { CommandError } from '../../model/errors.ts';
import type { Endpoint, Machine, MachineObservation } from '../../model/machine.ts';
import { readMachineId } from '../../vagrant/machine-files.ts';
import type {
  HostAccess,
  NetworkOwner,
  NetworkRemoval,
  NetworkRequest,
  Provider,
  ProviderFacts,
  VagrantSettings,
  VagrantSettingsRequest,
} from '../provider.ts';
import { DockerCli } from './docker-cli.ts';
import { readEngine } from './engine.ts';
import type { Engine } from './engine.ts';
import { listContainers, observeMachines, projectLabel, removeContainers } from './machines.ts';
import type { MachineContainer } from './machines.ts';
import { createNetwork, isMadeBy, listNetworks, removeOwnNetwork } from './networks.ts';
import { buildNodeImage, hasImage, nodeImageName } from './node-image.ts';
import type { NodeImageRequest } from './node-image.ts';
import { choosePrivileges, machineArguments, readOwnStatus } from './privileges.ts';
import type { Privileges } from './privileges.ts';
import type { RootfsRequest } from './rootfs.ts';
import { publishedEndpoint } from './published-port.ts';

export interface DockerProviderOptions {
  exec: Exec;
  /** `vagrant/node-image` of the package. */
  imageDir: string;
  /** Where root file systems are kept. */
  cacheDir: string;
  /** Where a root file system that is not there may be copied from. */
  mirrored?: NonNullable<RootfsRequest['mirrored']>;
  /** Writes an image down that is about to be made. */
  record: NodeImageRequest['record'];
  /** DOCKER_HOST and LAB_DOCKER_PRIVILEGED (`auto`, `yes`, `no`) are read. */
  env: NodeJS.ProcessEnv;
}

/** Vagrant's docker provider: each machine is a container that runs systemd, sshd and a Docker engine of its own. */
export class DockerProvider implements Provider {
  readonly name = 'docker';
  readonly bootsTogether = true;
  readonly needsNetwork = true;
  readonly usesBoxes = false;
  readonly checkpoints = undefined;
  readonly #options: DockerProviderOptions;
  readonly #docker: DockerCli;
  /** Whether the engine is in a virtual machine; assumed by platform until it was asked. */
  #forwardsPorts = process.platform !== 'linux';

  constructor(options: DockerProviderOptions) {
    this.#options = options;
    this.#docker = new DockerCli(options.exec);
  }

  async facts(signal?: AbortSignal): Promise<ProviderFacts> {
    const name = await nodeImageName(this.#options.imageDir);
    const [{ engine, problems }, present] = await Promise.all([
      readEngine(this.#docker, signal),
      hasImage(this.#docker, name, signal),
    ]);
    if (engine === undefined) {
      return {
        description: 'docker, no engine',
        problems,
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        forwardsPorts: this.#forwardsPorts,
        image: { name, present: false },
      };
    }
    this.#forwardsPorts = isInVirtualMachine(engine);
    const { description } = await this.#privileges();
    return {
      description: `docker ${engine.version}${engine.desktop ? ' (Docker Desktop)' : ''}, machines run with ${description}`,
      problems,
      architecture: engine.architecture,
      forwardsPorts: this.#forwardsPorts,
      image: { name, present },
    };
  }

  async usedSubnets(
    own: { name: string; owner: NetworkOwner },
    signal?: AbortSignal,
  ): Promise<{ used: { subnet: string; owner: string }[]; ownPresent: boolean; isForeign?: true }> {
    const networks = await listNetworks(this.#docker, signal);
    const used = networks
      .filter((network) => network.name !== own.name)
      .flatMap((network) =>
        network.subnets.map((subnet) => ({ subnet, owner: `Docker network ${network.name}` })),
      );
    const found = networks.find((network) => network.name === own.name);
    if (found === undefined) return { used, ownPresent: false };
    const isForeign = !(await isMadeBy(found, own.owner));
    return { used, ownPresent: true, ...(isForeign ? { isForeign } : {}) };
  }

  async observe(
    projectDir: string,
    machines: readonly string[],
    signal?: AbortSignal,
  ): Promise<MachineObservation[]> {
    return await observeMachines(this.#docker, projectDir, machines, signal);
  }

  async machineLog(projectDir: string, machine: string): Promise<string> {
    const containers = await listContainers(this.#docker, await projectLabel(projectDir), undefined);
    const container = containers?.find((candidate) => candidate.machine === machine);
    if (container === undefined) return '';
    const { stdout, stderr } = await this.#docker.run(['logs', '--tail', '40', container.id]);
    return `${stdout}${stderr}`.trimEnd();
  }

  /** A container that is stopped can be started. */
  settle(): Promise<void> {
    return Promise.resolve();
  }

  async prepareImage(onLine: (line: string) => void, signal?: AbortSignal): Promise<void> {
    await buildNodeImage(this.#docker, this.#options, onLine, signal);
  }

  async createNetwork(request: NetworkRequest, owner: NetworkOwner, signal?: AbortSignal): Promise<void> {
    await createNetwork(this.#docker, request, owner, signal);
  }

  async removeNetwork(
    { name }: { name: string },
    owner: NetworkOwner,
    signal?: AbortSignal,
  ): Promise<NetworkRemoval> {
    return await removeOwnNetwork(this.#docker, name, owner, signal);
  }

  /** Removes these machines, half made or not, so that Vagrant makes them anew. Returns those that were there. */
  async discard(projectDir: string, machines: readonly string[], signal?: AbortSignal): Promise<string[]> {
    const containers = await this.#containersOf(projectDir, signal);
    const chosen = containers.filter((container) => machines.includes(container.machine));
    return await removeContainers(this.#docker, chosen, signal);
  }

  /** A container carries its project's label from its first moment: `removeStrays` finds all. */
  removeAbandoned(): Promise<string[]> {
    return Promise.resolve([]);
  }

  async removeStrays(projectDir: string, signal?: AbortSignal): Promise<string[]> {
    return await removeContainers(this.#docker, await this.#containersOf(projectDir, signal), signal);
  }

  /** Throws LAB_DOCKER_FAILED where the engine does not answer: nothing seen is not nothing there. */
  async #containersOf(projectDir: string, signal: AbortSignal | undefined): Promise<MachineContainer[]> {
    const containers = await listContainers(this.#docker, await projectLabel(projectDir), signal);
    if (containers !== undefined) return containers;
    const message = 'The Docker engine does not say which machines are there.';
    throw new CommandError('LAB_DOCKER_FAILED', message, {
      hint: 'Start it (`sudo systemctl start docker`, or Docker Desktop) and run the same command again.',
    });
  }

  /** Works without an engine too (`lab render`): then it is taken for a local one. */
  async vagrantSettings({ network, authorizedKey }: VagrantSettingsRequest): Promise<VagrantSettings> {
    const { engine } = await readEngine(this.#docker);
    if (engine !== undefined) this.#forwardsPorts = isInVirtualMachine(engine);
    return {
      docker_image: await nodeImageName(this.#options.imageDir),
      docker_create_args: machineArguments(await this.#privileges(), authorizedKey),
      network_name: network ?? '',
      forward_ports: this.#forwardsPorts,
    };
  }

  hostAccess({ gateway, subnet }: NetworkRequest): HostAccess {
    // Docker Desktop takes connections to host.docker.internal to this host's loopback.
    return this.#forwardsPorts
      ? { address: 'host.docker.internal', bind: '127.0.0.1', sources: ['127.0.0.0/8'] }
      : { address: gateway, bind: gateway, sources: [subnet] };
  }

  async endpoint(
    projectDir: string,
    machine: Machine,
    port: number,
    signal?: AbortSignal,
  ): Promise<Endpoint> {
    if (!this.#forwardsPorts) return { host: machine.address, port };
    const id = await readMachineId(projectDir, machine.name, this.name);
    return await publishedEndpoint(this.#docker, machine.name, id, port, signal);
  }

  async #privileges(): Promise<Privileges> {
    const host = this.#options.env['DOCKER_HOST'] ?? 'unix:';
    return choosePrivileges({
      override: this.#options.env['LAB_DOCKER_PRIVILEGED'],
      engineElsewhere: this.#forwardsPorts || !host.startsWith('unix:'),
      processStatus: await readOwnStatus(),
    });
  }
}

/** Docker Desktop, on Linux too; elsewhere every engine is (Colima, OrbStack), for containers need Linux. */
function isInVirtualMachine({ desktop }: Engine): boolean {
  return desktop || process.platform !== 'linux';
}
