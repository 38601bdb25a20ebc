import type { Machine } from './machine.ts';
import type { Action, ParameterValue, Step } from './scenario.ts';

/** One thing to do, as plain data: printable, serialisable, comparable. */
export type Task =
  | { kind: 'prepare-lab'; id: string; title: string }
  | { kind: 'fetch-artifacts'; id: string; title: string; artifacts: string[] }
  | { kind: 'build-image'; id: string; title: string; image: string }
  | { kind: 'create-network'; id: string; title: string; network: string; subnet: string; gateway: string }
  /** Starts the embedded discovery service for the rest of the run. Port 0: any free one. */
  | {
      kind: 'serve-discovery';
      id: string;
      title: string;
      bind: string;
      address: string;
      port: number;
      sources: readonly string[];
    }
  /** Fetches a token of the given size and keeps it in state; from `url`, or from the embedded service without it. */
  | { kind: 'fetch-token'; id: string; title: string; size: number; url?: string; generation: number }
  | { kind: 'render-files'; id: string; title: string; files: string[] }
  /** Puts boxes into Vagrant's store: each once, before any machine is made from it. */
  | { kind: 'add-boxes'; id: string; title: string; boxes: BoxRequest[] }
  /** With `stages` each machine is booted by a Vagrant of its own: the first alone until it is started, then the others. */
  | {
      kind: 'boot-machines';
      id: string;
      title: string;
      project: string;
      machines: string[];
      stages?: BootStages;
    }
  | { kind: 'apply-user-data'; id: string; title: string; machines: string[] }
  | {
      kind: 'write-hosts';
      id: string;
      title: string;
      file: string;
      entries: { address: string; names: string[] }[];
    }
  | { kind: 'write-ssh-config'; id: string; title: string; file: string }
  | { kind: 'load-key'; id: string; title: string }
  | { kind: 'step'; id: string; title: string; step: Step }
  /** Forgets that the step was played, then takes back what it did: its `undo`, or nothing. */
  | { kind: 'undo-step'; id: string; title: string; step: Step; actions: readonly Action[] }
  /** The checks of a step without its actions. */
  | { kind: 'check-step'; id: string; title: string; step: Step }
  | { kind: 'halt-machines'; id: string; title: string; project: string; machines: string[] }
  /** Saves all machines and the record of the steps played as one checkpoint; `replace`: one of that name may be there. */
  | { kind: 'save-checkpoint'; id: string; title: string; name: string; replace: boolean }
  /** Puts all machines and the record of the steps back to a checkpoint and sets the machines' clocks. */
  | { kind: 'restore-checkpoint'; id: string; title: string; name: string }
  | { kind: 'delete-checkpoint'; id: string; title: string; name: string }
  /** Undoes one entry of the lab's journal of host changes. */
  | { kind: 'undo-change'; id: string; title: string; entry: number }
  /** Removes the lab's own folder: state, keys, rendered files. */
  | { kind: 'remove-lab'; id: string; title: string };

/** A Vagrant box that machines are made from. */
export interface BoxRequest {
  name: string;
  /** Box metadata (JSON) or a `.box` file: an http(s) URL or an absolute path. */
  url: string;
  version?: string;
}

export interface BootStages {
  /** Booted alone until its machine is started: then the master of the linked clones is there. */
  first: string;
  others: string[];
  /** How many machines boot at the same time, the first one included. */
  atOnce: number;
}

export type TaskKind = Task['kind'];

/** What `--dry-run` prints and `run` carries out. */
export interface Plan {
  command: string;
  lab: string;
  scenario: string;
  title: string;
  provider: string;
  edition?: string;
  subnet: string;
  parameters: Record<string, ParameterValue>;
  machines: Machine[];
  /** Why things are as they are: provider, edition, subnet, how HTTP checks reach the machines. */
  reasons: string[];
  warnings: string[];
  /** Empty: nothing to do. */
  tasks: Task[];
}
