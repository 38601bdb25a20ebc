import { availableParallelism } from 'node:os';
import semver from 'semver';
import type { Exec, ExecResult } from '../io/exec.ts';
import type { Problem } from '../model/errors.ts';
import type { MachineObservation } from '../model/machine.ts';
import { Slots } from '../io/slots.ts';
import { machineOutcomes } from './machine-outcomes.ts';
import type { MachineOutcome } from './machine-outcomes.ts';
import { parseStatus } from './parse-status.ts';
import { bootInStages } from './staged-boot.ts';
import { removeTornFiles } from './torn-files.ts';
import { isOfOneMachine, vagrantError, vagrantMissing } from './vagrant-error.ts';
import { parseVagrantLine } from './vagrant-output.ts';
import type { VagrantRow } from './vagrant-output.ts';

export interface VagrantOptions {
  exec: Exec;
  /** Vagrant's name for the provider of all machines, e.g. `docker`. */
  provider: string;
  /** One Vagrant handles the machines of a project at the same time; false: it takes one after the other, so each gets its own. */
  together: boolean;
  /** Gets every line that Vagrant prints, as it comes. */
  logLine?: (line: string) => void;
  /** Where those lines go, for messages. */
  logPath?: string;
}

export interface UpOptions {
  machines: readonly string[];
  /** Run the provisioners of these again, whatever Vagrant has noted: they may have been broken off. */
  provision?: readonly string[];
  /** How many are booted at the same time where Vagrant itself boots one after the other. Default: all. */
  atOnce?: number;
  /** What a machine is doing; without a machine: what concerns all. One line. */
  onProgress: (machine: string | undefined, text: string) => void;
  signal: AbortSignal;
}

const dokkuVariables = ['BOX_NAME', 'BOX_CPUS', 'BOX_MEMORY', 'DOKKU_DOMAIN', 'DOKKU_IP'];
const oldest = '2.3.4';
const quickMs = 30_000;
const stopMs = 180_000;
/** boot_timeout of the Vagrantfiles is shorter. */
const upMs = (machines: number): number => 300_000 + machines * 120_000;

/** Drives Vagrant in project folders. Every call starts Ruby, which costs half a second to two seconds. */
export class Vagrant {
  readonly #options: VagrantOptions;

  constructor(options: VagrantOptions) {
    this.#options = options;
  }

  /** What is wrong with the Vagrant of this host; never throws for it. Takes about 0.1 s. */
  async problems(signal?: AbortSignal): Promise<Problem[]> {
    const version = await this.version(signal);
    if (version === undefined) {
      const { message, details } = vagrantMissing();
      return [{ code: 'LAB_VAGRANT_MISSING', severity: 'error', message, fix: details.hint ?? '' }];
    }
    const number = semver.coerce(version);
    if (number !== null && semver.gte(number, oldest)) return [];
    const message =
      number === null
        ? `\`vagrant --version\` does not say a version: ${version || 'it prints nothing'}`
        : `Vagrant is ${version}; ${oldest} or later is needed.`;
    const fix = `Install Vagrant ${oldest} or later: https://developer.hashicorp.com/vagrant/install.`;
    return [{ code: 'LAB_VAGRANT_VERSION', severity: 'error', message, fix }];
  }

  /** Vagrant's version, e.g. `2.3.4`; what it printed where that is no version; undefined where there is no Vagrant. */
  async version(signal?: AbortSignal): Promise<string | undefined> {
    const result = await this.#options.exec('vagrant', ['--version'], {
      env: this.#environment(),
      timeoutMs: quickMs,
      ...(signal === undefined ? {} : { signal }),
    });
    if (result.notFound) return undefined;
    const printed = `${result.stdout}\n${result.stderr}`;
    return /^Vagrant (\S+)/m.exec(printed)?.[1] ?? printed.trim().split('\n')[0] ?? '';
  }

  /**
   * `vagrant up`. Resolves with what became of each machine: one that failed does not hide the others.
   * Throws what concerns all machines alike: LAB_VAGRANTFILE_FAILED, LAB_VAGRANT_MISSING, LAB_COMMAND_TIMEOUT,
   * LAB_BOX_MISSING, LAB_VIRTUALBOX_* and others of `explain-failure.ts`.
   */
  async up(projectDir: string, options: UpOptions): Promise<MachineOutcome[]> {
    const { machines, signal, atOnce = machines.length } = options;
    const [first, ...others] = machines;
    await removeTornFiles(projectDir, machines, this.#options.provider);
    if (first === undefined || this.#options.together) return this.#up(projectDir, options);
    const boot = async (machine: string, onStarted: () => void): Promise<MachineOutcome> => {
      const [outcome] = await this.#up(projectDir, { ...options, machines: [machine] }, onStarted);
      return outcome ?? { name: machine, ok: true };
    };
    return bootInStages({ first, others, atOnce, boot, signal });
  }

  async #up(
    projectDir: string,
    { machines, provision = [], onProgress, signal }: UpOptions,
    onStarted: () => void = () => undefined,
  ): Promise<MachineOutcome[]> {
    const again = machines.some((machine) => provision.includes(machine)) ? ['--provision'] : [];
    const args = ['up', '--provider', this.#options.provider, ...again, ...machines];
    const { result, rows } = await this.#run(projectDir, args, upMs(machines.length), signal, (row) => {
      if (isWaiting(row)) onStarted();
      if (isProgress(row)) onProgress(row.machine, row.text.split('\n')[0] ?? '');
    });
    if (result.exitCode === 0) return machines.map((name) => ({ name, ok: true }));
    const { logPath } = this.#options;
    const error = vagrantError(result, rows, logPath);
    if (!isOfOneMachine(error, rows)) throw error;
    return machineOutcomes(machines, rows, { command: result.command, logPath });
  }

  /** States of the project's machines, by Vagrant itself; undefined where it does not say. Takes two seconds. */
  async status(projectDir: string, signal: AbortSignal): Promise<MachineObservation[] | undefined> {
    const { result, rows } = await this.#run(projectDir, ['status'], quickMs, signal, () => undefined);
    return result.exitCode === 0 ? parseStatus(rows) : undefined;
  }

  /** Stops machines with care; does nothing to those that are not running. Throws as `up` does, and LAB_MACHINE_LOCKED. */
  async halt(projectDir: string, machines: readonly string[], signal: AbortSignal): Promise<void> {
    await removeTornFiles(projectDir, machines, this.#options.provider);
    await this.#eachOrAll(machines, signal, (names) =>
      this.#must(projectDir, ['halt', ...names], stopMs, signal),
    );
  }

  /** Removes machines without asking and without stopping them with care. Throws as `up` does, and LAB_MACHINE_LOCKED. */
  async destroy(projectDir: string, machines: readonly string[], signal: AbortSignal): Promise<void> {
    await removeTornFiles(projectDir, machines, this.#options.provider);
    await this.#eachOrAll(machines, signal, (names) =>
      this.#must(projectDir, ['destroy', '--force', '--parallel', ...names], stopMs, signal, {
        LAB_STOP_TIMEOUT: '0',
      }),
    );
  }

  /** Has Vagrant read the project's files. Throws LAB_VAGRANTFILE_FAILED. */
  async validate(projectDir: string, signal: AbortSignal): Promise<void> {
    await this.#must(projectDir, ['validate'], quickMs, signal);
  }

  /** One Vagrant for all, or one for each machine, as many at a time as there are processors; the first failure is thrown when all have ended. */
  async #eachOrAll(
    machines: readonly string[],
    signal: AbortSignal,
    work: (names: readonly string[]) => Promise<void>,
  ): Promise<void> {
    if (this.#options.together) {
      await work(machines);
      return;
    }
    const slots = new Slots(Math.max(2, availableParallelism()));
    const outcomes = await Promise.allSettled(
      machines.map(async (machine) => {
        const giveBack = await slots.take(signal);
        await work([machine]).finally(giveBack);
      }),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #must(
    projectDir: string,
    args: readonly string[],
    timeoutMs: number,
    signal: AbortSignal,
    env: Record<string, string> = {},
  ): Promise<void> {
    const { result, rows } = await this.#run(projectDir, args, timeoutMs, signal, () => undefined, env);
    if (result.exitCode !== 0) throw vagrantError(result, rows, this.#options.logPath);
  }

  async #run(
    cwd: string,
    args: readonly string[],
    timeoutMs: number,
    signal: AbortSignal,
    onRow: (row: VagrantRow) => void,
    env: Record<string, string> = {},
  ): Promise<{ result: ExecResult; rows: VagrantRow[] }> {
    const rows: VagrantRow[] = [];
    const result = await this.#options.exec('vagrant', [...args, '--machine-readable'], {
      cwd,
      env: { ...this.#environment(), ...env },
      timeoutMs,
      signal,
      onLine: (line) => {
        this.#options.logLine?.(line);
        const row = parseVagrantLine(line);
        rows.push(row);
        onRow(row);
      },
    });
    return { result, rows };
  }

  #environment(): Record<string, string | undefined> {
    return {
      // Dokku's variables beat config.rb in its Vagrantfile; `lab` has read them into config.rb, once and for all.
      ...Object.fromEntries(dokkuVariables.map((name) => [name, undefined])),
      VAGRANT_CHECKPOINT_DISABLE: '1',
      VAGRANT_BOX_UPDATE_CHECK_DISABLE: '1',
      VAGRANT_NO_COLOR: '1',
      VAGRANT_DEFAULT_PROVIDER: this.#options.provider,
    };
  }
}

/** What Vagrant says when it has started a machine, or has resumed it, and goes on to wait for ssh. */
function isWaiting(row: VagrantRow): boolean {
  return row.kind === 'ui' && row.text.startsWith('Waiting for machine to boot');
}

/** Headlines, warnings and errors; of the details only retries. The rest is in the log. */
function isProgress(row: VagrantRow): row is VagrantRow & { kind: 'ui' } {
  if (
    row.kind !== 'ui' ||
    row.text === '' ||
    /^(Machine already provisioned|Running .*trigger)/.test(row.text)
  )
    return false;
  return row.level !== 'detail' || row.text.startsWith('Warning:');
}
