import semver from 'semver';
import type { Exec, ExecResult } from '../io/exec.ts';
import type { Problem } from '../model/errors.ts';
import { machineOutcomes } from './machine-outcomes.ts';
import type { MachineOutcome } from './machine-outcomes.ts';
import { vagrantError, vagrantMissing } from './vagrant-error.ts';
import { parseVagrantLine } from './vagrant-output.ts';
import type { VagrantRow } from './vagrant-output.ts';

export interface VagrantOptions {
  exec: Exec;
  /** Vagrant's name for the provider of all machines, e.g. `docker`. */
  provider: string;
  /** Gets every line that Vagrant prints, as it comes. */
  logLine?: (line: string) => void;
  /** Where those lines go, for messages. */
  logPath?: string;
}

export interface UpOptions {
  machines: readonly string[];
  /** What a machine is doing; without a machine: what concerns all. One line. */
  onProgress: (machine: string | undefined, text: string) => void;
  signal: AbortSignal;
}

const dokkuVariables = ['BOX_NAME', 'BOX_CPUS', 'BOX_MEMORY', 'DOKKU_DOMAIN', 'DOKKU_IP'];
const oldest = '2.3.4';
const quickMs = 30_000;
const stopMs = 180_000;
/** Boots run in parallel with docker and one after the other elsewhere; boot_timeout of the Vagrantfile is shorter. */
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
   * Throws LAB_VAGRANTFILE_FAILED, LAB_VAGRANT_MISSING, LAB_COMMAND_TIMEOUT, and LAB_VAGRANT_FAILED where no machine
   * can be blamed (e.g. the provider is not usable).
   */
  async up(projectDir: string, { machines, onProgress, signal }: UpOptions): Promise<MachineOutcome[]> {
    const args = ['up', '--provider', this.#options.provider, ...machines];
    const { result, rows } = await this.#run(projectDir, args, upMs(machines.length), signal, (row) => {
      if (isProgress(row)) onProgress(row.machine, row.text.split('\n')[0] ?? '');
    });
    if (result.exitCode === 0) return machines.map((name) => ({ name, ok: true }));
    const begun = rows.some((row) => row.kind === 'action');
    const error = vagrantError(result, rows, this.#options.logPath);
    if (error.code !== 'LAB_VAGRANT_FAILED' || !begun) throw error;
    return machineOutcomes(machines, rows);
  }

  /** Stops machines with care; does nothing to those that are not running. Throws LAB_VAGRANT_FAILED. */
  async halt(projectDir: string, machines: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#must(projectDir, ['halt', ...machines], stopMs, signal);
  }

  /** Removes machines without asking and without stopping them with care. Throws LAB_VAGRANT_FAILED. */
  async destroy(projectDir: string, machines: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#must(projectDir, ['destroy', '--force', '--parallel', ...machines], stopMs, signal, {
      LAB_STOP_TIMEOUT: '0',
    });
  }

  /** Has Vagrant read the project's files. Throws LAB_VAGRANTFILE_FAILED. */
  async validate(projectDir: string, signal: AbortSignal): Promise<void> {
    await this.#must(projectDir, ['validate'], quickMs, signal);
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

/** Headlines, warnings and errors; of the details only retries. The rest is in the log. */
function isProgress(row: VagrantRow): row is VagrantRow & { kind: 'ui' } {
  if (row.kind !== 'ui' || row.text === '' || row.text.startsWith('Machine already provisioned'))
    return false;
  return row.level !== 'detail' || row.text.startsWith('Warning:');
}
