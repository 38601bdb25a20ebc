/** What a machine is doing, in Vagrant's sense; `absent` is Vagrant's `not_created`. */
export type MachineState = 'absent' | 'stopped' | 'running' | 'unknown';

/** A machine of a lab, as planned. */
export interface Machine {
  /** Vagrant's machine name and the machine's host name, e.g. `core-01`. */
  name: string;
  /** `node` for members of the cluster, else the scenario's word, e.g. `dokku`. */
  role: string;
  /** The Vagrant project (a folder under `vagrant/`) that defines it. */
  project: string;
  /** IPv4 address on the lab's private network; 127.0.0.1 where the lab has none. */
  address: string;
  memoryMb: number;
  cpus: number;
  /** Further names for the hosts file, e.g. `dokku.me`. */
  aliases: string[];
}

/** What was seen of a machine. */
export interface MachineObservation {
  name: string;
  state: MachineState;
  /** The provider's own word where it says more, e.g. `saved` or `aborted` of a machine that is stopped. */
  detail?: string;
  /** The provider's id (container id, VM uuid); changes when the machine is made again. */
  id?: string;
}

/** Where ssh on a machine is reached from this host. */
export interface Endpoint {
  host: string;
  port: number;
}

/** The user that every machine's image has, as on CoreOS. */
export const machineUser = 'core';
