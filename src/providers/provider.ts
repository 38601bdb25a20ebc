import type { Problem } from '../model/errors.ts';
import type { Endpoint, Machine, MachineObservation } from '../model/machine.ts';
import type { ProviderName } from '../model/scenario.ts';

/** What `config.rb` tells our Vagrantfile about the provider; keys are Ruby globals without `$`. */
export type VagrantSettings = Record<string, string | number | boolean | readonly string[]>;

/** What a provider renders its part of `config.rb` from. */
export interface VagrantSettingsRequest {
  lab: string;
  /** Name of the lab's private network; undefined where the lab has none. */
  network: string | undefined;
  /** The lab's public key, `ssh-ed25519 BASE64 COMMENT`. */
  authorizedKey: string;
  /** Machines share the disk of one master; else each has a copy of the box's. */
  linkedClones: boolean;
  /** The group's box with its templates rendered, where it has one. */
  box: { name: string; version?: string } | undefined;
}

/** How this host looks from inside the machines. */
export interface HostAccess {
  /** Address for URLs that the machines use. */
  address: string;
  /** Where a service for the machines must listen so that they and nobody else reach it. */
  bind: string;
  /** CIDR ranges that requests from the machines come from. */
  sources: readonly string[];
}

/** What a provider found out about itself before anything is changed. */
export interface ProviderFacts {
  /** One line for the plan, e.g. `docker 20.10.24, machines run with --cap-add ALL --cap-drop SYS_RESOURCE`. */
  description: string;
  problems: Problem[];
  /** Processor architecture of the machines. */
  architecture: 'amd64' | 'arm64';
  /** The host cannot reach the machines' own addresses (Docker Desktop): ports must be forwarded. */
  forwardsPorts: boolean;
  /** Ranges that private networks must lie in; undefined: any. */
  allowedRanges?: readonly string[];
  /** Why machines can have no private network here. */
  noPrivateNetwork?: Problem;
  /** Boxes that Vagrant's store has for this provider. */
  boxes?: readonly { name: string; version: string }[];
  /** The image that machines are made from is there; undefined where the provider needs none of ours. */
  image?: { name: string; present: boolean };
}

/** Saves and restores all machines of a lab at one moment; all or none. Machines are named by Vagrant's name and the provider's id. */
export interface Checkpoints {
  /**
   * Saves all machines, which must run, under the name. When one fails, what was saved of the others is removed again.
   * Throws LAB_VIRTUALBOX_FAILED naming the machine.
   */
  save(machines: readonly CheckpointedMachine[], name: string, signal: AbortSignal): Promise<void>;
  /**
   * Stops all, puts all back, then starts all: none runs before every one was put back. Throws LAB_CHECKPOINT_UNKNOWN
   * before anything is changed where a machine does not have it, LAB_CHECKPOINT_INCOMPLETE afterwards (all are then stopped).
   */
  restore(machines: readonly CheckpointedMachine[], name: string, signal: AbortSignal): Promise<void>;
  /** Names that at least one machine has, with the machines that have it, oldest first. */
  list(
    machines: readonly CheckpointedMachine[],
    signal: AbortSignal,
  ): Promise<{ name: string; machines: string[] }[]>;
  /** Does nothing on a machine that has none of that name. */
  delete(machines: readonly CheckpointedMachine[], name: string, signal: AbortSignal): Promise<void>;
}

export interface CheckpointedMachine {
  name: string;
  id: string;
}

export interface NetworkRequest {
  name: string;
  subnet: string;
  gateway: string;
}

/** Whose a network is, for those who find it when the lab's state is gone. */
export interface NetworkOwner {
  lab: string;
  /** LAB_HOME. */
  home: string;
}

/** What became of a network. `left`: it is somebody else's, or somebody else uses it; `why` in a sentence. */
export type NetworkRemoval = { outcome: 'removed' | 'absent' } | { outcome: 'left'; why: string };

/**
 * What differs from one of Vagrant's providers to the next and Vagrant itself does not hide.
 * Machines are always made, started, stopped and destroyed through Vagrant.
 */
export interface Provider {
  readonly name: ProviderName;
  /** True: one `vagrant up` boots the machines of a project at the same time (docker). False: one after the other. */
  readonly bootsTogether: boolean;
  /** True: machines always have a private network, also where the scenario does without. */
  readonly needsNetwork: boolean;
  /** Machines are made from Vagrant boxes, which have to be added before. */
  readonly usesBoxes: boolean;
  /** Undefined where the provider has none. */
  readonly checkpoints: Checkpoints | undefined;
  /** Read-only and quick (below 0.3 s): tools, engine, image. All problems at once, never throws for one. */
  facts(signal?: AbortSignal): Promise<ProviderFacts>;
  /**
   * IPv4 ranges in use by the provider's networks, except the lab's own, and whether that one is there. `subnet`: where it
   * was made. `isForeign`: the one of that name was not made by `owner`, where the provider can tell.
   */
  usedSubnets(
    own: { name: string; subnet?: string; owner: NetworkOwner },
    signal?: AbortSignal,
  ): Promise<{ used: { subnet: string; owner: string }[]; ownPresent: boolean; isForeign?: true }>;
  /** States of machines without starting Ruby, from Vagrant's own state files in `projectDir` and one call to the provider. */
  observe(
    projectDir: string,
    machines: readonly string[],
    signal?: AbortSignal,
  ): Promise<MachineObservation[]>;
  /** Removes those of these machines, which are `unknown`, that Vagrant can neither finish nor start. Returns their names. */
  discard(projectDir: string, machines: readonly string[], signal?: AbortSignal): Promise<string[]>;
  /**
   * The end of what the provider itself wrote of a machine (VirtualBox's log, a container's output): for the log of a
   * run in which it did not boot. Empty where there is none; never throws.
   */
  machineLog(projectDir: string, machine: string): Promise<string>;
  /** Waits until machines that Vagrant has just stopped can be started again. */
  settle(projectDir: string, machines: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Makes what machines are made from (the node image). `onLine` gets the output of the build. */
  prepareImage(onLine: (line: string) => void, signal?: AbortSignal): Promise<void>;
  /** Does nothing if the owner's network is there with that subnet. Throws LAB_ADDRESS_TAKEN where it is another's. */
  createNetwork(request: NetworkRequest, owner: NetworkOwner, signal?: AbortSignal): Promise<void>;
  /**
   * `subnet` is that which it was made with. What somebody else made in its place is left. Throws where it cannot be
   * removed, for example while containers of somebody else are on it.
   */
  removeNetwork(
    network: { name: string; subnet?: string },
    owner: NetworkOwner,
    signal?: AbortSignal,
  ): Promise<NetworkRemoval>;
  /**
   * Removes machines that a killed Vagrant was importing after that time (ms since 1970) and that no project knows of:
   * their names are all that tells them. Returns these names.
   */
  removeAbandoned(since: number, signal?: AbortSignal): Promise<string[]>;
  /** Removes what is left of a project's machines, whether or not Vagrant knows of it and its folder is there. */
  removeStrays(projectDir: string, signal?: AbortSignal): Promise<string[]>;
  /** The provider's part of `config.rb` for the machines of one group. */
  vagrantSettings(request: VagrantSettingsRequest): Promise<VagrantSettings>;
  hostAccess(network: NetworkRequest): HostAccess;
  /**
   * Where ports of the machines are reached from this host, e.g. `172.17.8.101:80` or `127.0.0.1:49153`. Throws
   * LAB_PORT_UNPUBLISHED where ports are forwarded and this one is not, as while the machine is stopped.
   */
  endpoint(projectDir: string, machine: Machine, port: number, signal?: AbortSignal): Promise<Endpoint>;
}
