import type { Problem } from './errors.ts';
import type { LabState } from './lab-state.ts';
import type { MachineObservation } from './machine.ts';

/** How a piece of host set-up stands against what this lab wants. */
export type HostPiece = 'absent' | 'current' | 'stale' | 'damaged' | 'disabled';

/** All that was observed before planning. Planning itself looks at nothing else. */
export interface Facts {
  provider: {
    name: string;
    /** Why this provider. */
    reason: string;
    description: string;
    architecture: 'amd64' | 'arm64';
    forwardsPorts: boolean;
    image?: { name: string; present: boolean };
    /** One Vagrant boots all machines of a project at the same time. */
    bootsTogether: boolean;
    usesBoxes: boolean;
    /** Ranges that private networks must lie in; undefined: any. */
    allowedRanges?: readonly string[];
    /** Why machines can have no private network here. */
    noPrivateNetwork?: Problem;
  };
  /** What the provider and the tools found wrong. */
  problems: Problem[];
  /** Ranges in use on this host and by the provider's networks, without this lab's own. */
  usedSubnets: { subnet: string; owner: string }[];
  freeMemoryMb: number;
  /** Processors of this host. */
  processors: number;
  freeDiskMb: number;
  state: LabState | undefined;
  machines: MachineObservation[];
  /** The lab's network is there. */
  networkPresent: boolean;
  /** The network of the lab's name was made by somebody else. */
  networkIsForeign?: true;
  /** The lab's ssh key and rendered project folders are there. */
  filesPresent: boolean;
  /** Boxes that Vagrant's store has for this provider; empty where the provider uses none. */
  boxes: { name: string; version: string }[];
  /** Artifact name to whether it can be had without asking the network; `unknown`: it has to be tried. */
  artifacts: Record<string, 'yes' | 'no' | 'unknown'>;
}

/** What stands on the host, looked at once the machines and files are known. */
export interface HostFacts {
  hosts: HostPiece;
  /** This user may not write the hosts file without sudo. */
  hostsNeedSudo: boolean;
  sshConfig: HostPiece;
  /** The agent that state names is alive. */
  agentAlive: boolean;
  /** What somebody else has put into the blocks of files that are current, in words. */
  foreignLines?: readonly string[];
}
