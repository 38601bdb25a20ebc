import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { systemClock } from '../../io/clock.ts';
import type { Exec } from '../../io/exec.ts';
import { withoutLinks } from '../../io/without-links.ts';
import { CommandError } from '../../model/errors.ts';
import type { Endpoint, Machine, MachineObservation } from '../../model/machine.ts';
import { loopback } from '../../model/cidr.ts';
import { labDir } from '../../state/lab-home.ts';
import { handlesUserData, installedBox, installedBoxes } from '../../vagrant/boxes.ts';
import { readMachineId } from '../../vagrant/machine-files.ts';
import type {
  Checkpoints,
  HostAccess,
  NetworkOwner,
  NetworkRemoval,
  NetworkRequest,
  Provider,
  ProviderFacts,
  VagrantSettings,
  VagrantSettingsRequest,
} from '../provider.ts';
import { VirtualBoxCheckpoints } from './checkpoints.ts';
import { createHostOnlyNetwork, listHostOnlyNetworks, removeHostOnlyNetwork } from './host-only-networks.ts';
import { readMachineInfo } from './machine-info.ts';
import { cutPower, waitUntilReleased } from './machine-power.ts';
import { observeVirtualMachines } from './observe-machines.ts';
import { readVirtualBox } from './read-virtualbox.ts';
import { abandonedImports, machinesOfProject, removeMachines } from './remove-machines.ts';
import { isAtLeast, parseVirtualBoxVersion } from './version-matrix.ts';
import { VBoxManage } from './vbox-manage.ts';
import { listMachines, type VirtualMachine } from './virtual-machines.ts';

/** VirtualBox writes some thousand lines for each start; why it ended stands in the last ones. */
const shownLogLines = 60;

export interface VirtualBoxProviderOptions {
  exec: Exec;
  /** VAGRANT_HOME. */
  vagrantHome: string;
}

/** Vagrant's VirtualBox provider: each machine is a virtual machine made from a box. */
export class VirtualBoxProvider implements Provider {
  readonly name = 'virtualbox';
  readonly bootsTogether = false;
  readonly needsNetwork = false;
  readonly usesBoxes = true;
  readonly checkpoints: Checkpoints;
  readonly #options: VirtualBoxProviderOptions;
  readonly #vboxManage: VBoxManage;

  constructor(options: VirtualBoxProviderOptions) {
    this.#options = options;
    this.#vboxManage = new VBoxManage(options.exec);
    this.checkpoints = new VirtualBoxCheckpoints(this.#vboxManage);
  }

  async facts(signal?: AbortSignal): Promise<ProviderFacts> {
    const [found, boxes] = await Promise.all([
      readVirtualBox(this.#options, signal),
      installedBoxes(this.#options.vagrantHome),
    ]);
    return {
      ...found,
      // Machines that have a network of their own are reached on it; the others through forwarded ports.
      forwardsPorts: false,
      boxes: boxes
        .filter((box) => box.provider === this.name)
        .map(({ name, version }) => ({ name, version })),
    };
  }

  async usedSubnets(
    own: { name: string; subnet?: string },
    signal?: AbortSignal,
  ): Promise<{ used: { subnet: string; owner: string }[]; ownPresent: boolean }> {
    // Where VirtualBox does not answer, `facts` says so.
    const networks = await listHostOnlyNetworks(this.#vboxManage, signal).catch(() => []);
    return {
      used: networks
        .filter((network) => network.subnet !== own.subnet)
        .map((network) => ({ subnet: network.subnet, owner: `VirtualBox network ${network.name}` })),
      ownPresent: networks.some((network) => network.subnet === own.subnet),
    };
  }

  async observe(
    projectDir: string,
    machines: readonly string[],
    signal?: AbortSignal,
  ): Promise<MachineObservation[]> {
    return observeVirtualMachines(this.#vboxManage, projectDir, machines, signal);
  }

  async machineLog(projectDir: string, machine: string): Promise<string> {
    const id = await readMachineId(projectDir, machine, this.name);
    if (id === undefined) return '';
    // The log of the last start: 0 is the newest.
    const { stdout, stderr } = await this.#vboxManage.run(['showvminfo', id, '--log', '0']);
    return (stdout === '' ? stderr : stdout).trimEnd().split('\n').slice(-shownLogLines).join('\n');
  }

  async settle(projectDir: string, machines: readonly string[]): Promise<void> {
    const released = machines.map(async (name) => {
      const id = await readMachineId(projectDir, name, this.name);
      if (id !== undefined) await waitUntilReleased(this.#vboxManage, { name, id }, systemClock);
    });
    await Promise.all(released);
  }

  /** Nothing: machines are made from boxes. */
  prepareImage(): Promise<void> {
    return Promise.resolve();
  }

  /** VirtualBox keeps nothing with a network that could tell whose it is. */
  async createNetwork(request: NetworkRequest, _owner: NetworkOwner, signal?: AbortSignal): Promise<void> {
    await createHostOnlyNetwork(this.#vboxManage, request, signal);
  }

  async removeNetwork(
    { subnet }: { subnet?: string },
    { lab, home }: NetworkOwner,
    signal?: AbortSignal,
  ): Promise<NetworkRemoval> {
    if (subnet === undefined) return { outcome: 'absent' };
    const folder = await withoutLinks(labDir(home, lab));
    const isOwn = ({ mark }: VirtualMachine): boolean => mark?.project.startsWith(folder + sep) === true;
    return removeHostOnlyNetwork(this.#vboxManage, subnet, isOwn, signal);
  }

  /** Switches off what is half made: Vagrant finishes it when it boots it. A machine whose files are gone or whose processor has stopped is beyond it. */
  async discard(projectDir: string, machines: readonly string[], signal?: AbortSignal): Promise<string[]> {
    const all = await this.#allMachines(signal);
    const ids = await Promise.all(machines.map((name) => readMachineId(projectDir, name, this.name)));
    const own = all.filter(({ id }) => ids.includes(id));
    const broken = own.filter(({ state }) => ['inaccessible', 'guru meditation'].includes(state));
    // Vagrant sets host name and network while it boots a machine, and not on one that runs.
    for (const machine of own) {
      if (!broken.includes(machine)) await cutPower(this.#vboxManage, machine, systemClock);
    }
    return removeMachines(this.#vboxManage, broken, systemClock, signal);
  }

  async removeAbandoned(since: number, signal?: AbortSignal): Promise<string[]> {
    const all = await this.#allMachines(signal);
    const abandoned = await abandonedImports(all, since, this.#options.vagrantHome);
    return removeMachines(this.#vboxManage, abandoned, systemClock, signal);
  }

  async removeStrays(projectDir: string, signal?: AbortSignal): Promise<string[]> {
    const folder = await realpath(projectDir).catch(() => projectDir);
    const own = await machinesOfProject(await this.#allMachines(signal), folder);
    return removeMachines(this.#vboxManage, own, systemClock, signal);
  }

  async vagrantSettings({
    network,
    authorizedKey,
    linkedClones,
    box,
  }: VagrantSettingsRequest): Promise<VagrantSettings> {
    const store = { home: this.#options.vagrantHome, provider: this.name };
    const [installed, printed] = await Promise.all([
      box === undefined ? undefined : installedBox(box, store),
      this.#vboxManage.run(['--version']),
    ]);
    return {
      ...(box === undefined ? {} : { box_name: box.name }),
      ...(box?.version === undefined ? {} : { box_version: box.version }),
      box_handles_user_data: installed === undefined ? false : await handlesUserData(installed.folder),
      linked_clone: linkedClones,
      private_network: network !== undefined,
      // `--nat-localhostreachable` is there since 7.0; before, loopback was always reachable.
      nat_localhost_reachable: isAtLeast(parseVirtualBoxVersion(printed.stdout) ?? '0.0.0', '7.0.0'),
      authorized_key: authorizedKey,
    };
  }

  /** VirtualBox's NAT passes connections to 10.0.2.2 on to this host's loopback. */
  hostAccess(): HostAccess {
    return { address: '10.0.2.2', bind: loopback, sources: ['127.0.0.0/8'] };
  }

  async endpoint(
    projectDir: string,
    machine: Machine,
    port: number,
    signal?: AbortSignal,
  ): Promise<Endpoint> {
    if (machine.address !== loopback) return { host: machine.address, port };
    const id = await readMachineId(projectDir, machine.name, this.name);
    const info = id === undefined ? 'absent' : await readMachineInfo(this.#vboxManage, id, signal);
    const ports = info === undefined || info === 'absent' ? [] : info.forwardedPorts;
    const forwarded = ports.find((candidate) => candidate.guestPort === port);
    if (forwarded !== undefined) return { host: forwarded.hostAddress, port: forwarded.hostPort };
    throw new CommandError('LAB_PORT_UNPUBLISHED', `Port ${port} of ${machine.name} is not forwarded.`, {
      machine: machine.name,
      hint: '`lab status` shows whether it runs; `lab up` starts it.',
    });
  }

  /** Throws LAB_VIRTUALBOX_FAILED where VirtualBox does not answer: nothing seen is not nothing there. */
  async #allMachines(signal: AbortSignal | undefined): Promise<VirtualMachine[]> {
    const all = await listMachines(this.#vboxManage, signal);
    if (all !== undefined) return all;
    throw new CommandError('LAB_VIRTUALBOX_FAILED', 'VirtualBox does not say which machines are there.', {
      command: 'VBoxManage list --long vms',
      hint: '`VBoxManage list vms` shows why. Then run the same command again.',
    });
  }
}
