import type { Problem } from '../model/errors.ts';
import type { Endpoint, Machine, MachineObservation } from '../model/machine.ts';

/** What `config.rb` tells our Vagrantfile about the provider; keys are Ruby globals without `$`. */
export type VagrantSettings = Record<string, string | number | boolean | readonly string[]>;

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
  /** The image that machines are made from is there; undefined where the provider needs none of ours. */
  image?: { name: string; present: boolean };
}

export interface NetworkRequest {
  name: string;
  subnet: string;
  gateway: string;
}

/**
 * What differs from one of Vagrant's providers to the next and Vagrant itself does not hide.
 * Machines are always made, started, stopped and destroyed through Vagrant.
 */
export interface Provider {
  readonly name: string;
  /** Read-only and quick (below 0.3 s): tools, engine, image. All problems at once, never throws for one. */
  facts(signal?: AbortSignal): Promise<ProviderFacts>;
  /** IPv4 ranges in use by the provider's networks, except the named one, and whether that one is there. */
  usedSubnets(
    exceptNetwork: string,
    signal?: AbortSignal,
  ): Promise<{ used: { subnet: string; owner: string }[]; ownPresent: boolean }>;
  /** States of machines without starting Ruby, from Vagrant's own state files in `projectDir` and one call to the provider. */
  observe(
    projectDir: string,
    machines: readonly string[],
    signal?: AbortSignal,
  ): Promise<MachineObservation[]>;
  /**
   * Removes those of the machines that are `unknown`: half made by a run that was killed, they would never be
   * finished by Vagrant. Returns their names.
   */
  discard(projectDir: string, machines: readonly string[], signal?: AbortSignal): Promise<string[]>;
  /** Makes what machines are made from (the node image). `onLine` gets the output of the build. */
  prepareImage(onLine: (line: string) => void, signal?: AbortSignal): Promise<void>;
  /** Does nothing if the network is there with that subnet. */
  createNetwork(request: NetworkRequest, signal?: AbortSignal): Promise<void>;
  /** Does nothing if it is not there. */
  removeNetwork(name: string, signal?: AbortSignal): Promise<void>;
  /** Removes what is left of a project's machines, whether or not Vagrant knows of it and its folder is there. */
  removeStrays(projectDir: string, signal?: AbortSignal): Promise<string[]>;
  /** The provider's part of `config.rb`. */
  vagrantSettings(lab: string, network: string, authorizedKey: string): Promise<VagrantSettings>;
  hostAccess(network: NetworkRequest): HostAccess;
  /**
   * Where ports of the machines are reached from this host, e.g. `172.17.8.101:80` or `127.0.0.1:49153`. Throws
   * LAB_PORT_UNPUBLISHED where ports are forwarded and this one is not, as while the machine is stopped.
   */
  endpoint(projectDir: string, machine: Machine, port: number, signal?: AbortSignal): Promise<Endpoint>;
}
