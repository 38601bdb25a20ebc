import type { BoxRequest } from '../model/plan.ts';
import type { Artifact, ArtifactFile, Scenario } from '../model/scenario.ts';
import type { LabError } from '../model/errors.ts';
import type { LabState } from '../model/lab-state.ts';
import type { Machine } from '../model/machine.ts';
import type { TaskStatus } from '../model/event.ts';
import type { Journal } from '../host/journal.ts';
import type { HostSetUpContext } from './host-set-up.ts';
import type { Clock } from '../io/clock.ts';
import type { Exec } from '../io/exec.ts';
import type { Http } from '../io/http.ts';
import type { Provider } from '../providers/provider.ts';
import type { Connection } from '../transport/transport.ts';
import type { RecordedOutput } from './recorded-output.ts';

/** Places in the lab's own folder. */
export interface LabPaths {
  lab: string;
  project(name: string): string;
  privateKey: string;
  discoveryRegistry: string;
  /** Where commands on this host run and where files for this host are put. */
  work: string;
}

/** Vagrant, as far as running a plan needs it. */
export interface MachineDriver {
  /** Boots the machines; resolves when each is up or has failed, with the reason. */
  up(
    projectDir: string,
    options: {
      machines: readonly string[];
      /** Of these: machines that are half made, whose provisioners must be run again. */
      provision?: readonly string[];
      /** How many at the same time, where Vagrant itself boots one after the other. */
      atOnce?: number;
      onProgress: (machine: string | undefined, text: string) => void;
      signal: AbortSignal;
    },
  ): Promise<{ name: string; ok: boolean; message?: string; error?: LabError }[]>;
  halt(projectDir: string, machines: readonly string[], signal: AbortSignal): Promise<void>;
  destroy(projectDir: string, machines: readonly string[], signal: AbortSignal): Promise<void>;
}

/** Keeps what was started for a run and must be ended with it (the discovery server). */
export interface RunResources {
  /** `close` is called when the run ends, however it ends. */
  add(close: () => Promise<void>): void;
}

/** Kinds of files that come with lab or with a scenario. */
export type AssetKind = 'cloud-config' | 'vagrant' | 'scenario';

/** Everything a task handler may use. Handlers see interfaces only. */
export interface RunContext {
  scenario: Scenario;
  machines: readonly Machine[];
  /** Name of the lab's private network; undefined where it has none. */
  networkName: string | undefined;
  paths: LabPaths;
  provider: Provider;
  driver: MachineDriver;
  exec: Exec;
  http: Http;
  clock: Clock;
  journal: Journal;
  hostSetUp: HostSetUpContext;
  resources: RunResources;
  /** Base URL of the embedded discovery service while it runs. */
  discovery: { baseUrl?: string };
  signal: AbortSignal;
  /** The state as it is now; `updateState` writes it before it resolves. */
  state: () => LabState;
  updateState: (change: (state: LabState) => LabState) => Promise<void>;
  /** Keeps what a step (its id) printed when it was played and passed. Throws LAB_STATE_UNWRITABLE. */
  keepOutputs: (step: string, outputs: readonly RecordedOutput[]) => Promise<void>;
  /** An open connection to a machine; opened at first use and again after `disconnect`, within the time that is given. */
  connect: (machine: string, withinMs?: number) => Promise<Connection>;
  disconnect: (machine: string) => void;
  /**
   * Fetches an artifact into the cache unless it is there, and answers what is to be said of it.
   * Throws LAB_ARTIFACT_UNAVAILABLE or LAB_ARTIFACT_CHECKSUM.
   */
  fetchArtifact: (definition: Artifact, name: string, onProgress: (text: string) => void) => Promise<string>;
  /**
   * Puts a box into Vagrant's store unless it is there, and answers what is to be said of it.
   * Throws LAB_BOX_MISSING, LAB_ARTIFACT_CHECKSUM, LAB_DISK_LOW or LAB_VAGRANT_FAILED.
   */
  addBox: (box: BoxRequest, onProgress: (text: string) => void) => Promise<string>;
  /** The bytes of a fetched artifact, or of one member of it. Nothing is ever unpacked to a path that an archive names. */
  artifactContent: (file: Pick<ArtifactFile, 'artifact' | 'member'>) => Promise<Buffer>;
  readAsset: (kind: AssetKind, path: string) => Promise<string>;
  /** Renders a template; `file` names it in messages. Throws LAB_TEMPLATE_INVALID. */
  render: (file: string, source: string, values: Readonly<Record<string, unknown>>) => string;
  /** What `lab env` exports, for commands on this host. */
  labEnvironment: () => Record<string, string>;
  /** A line for the log file of the run. */
  log: (line: string) => void;
  logPath: string;
}

/** How a task went. Failures are thrown; a failed check of a step is an outcome. */
export interface TaskOutcome {
  status: TaskStatus;
  message?: string;
  /** What else must be known of it, such as what was left in place; each becomes an event. */
  warnings?: readonly string[];
}
