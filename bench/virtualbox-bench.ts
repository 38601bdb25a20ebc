import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sshKeyPaths } from '../src/host/ssh-key.ts';
import { systemClock } from '../src/io/clock.ts';
import { createExecaExec } from '../src/io/execa-exec.ts';
import type { LabState } from '../src/model/lab-state.ts';
import { machineUser } from '../src/model/machine.ts';
import { VirtualBoxProvider } from '../src/providers/virtualbox/virtualbox-provider.ts';
import { labPaths, projectDir } from '../src/state/lab-home.ts';
import { SshTransport } from '../src/transport/ssh-transport.ts';
import type { Connection } from '../src/transport/transport.ts';
import { median } from './statistics.ts';
import { runTimed } from './timed-process.ts';
import type { TimedProcess } from './timed-process.ts';

/** The built command; `tsx` would be measured with anything else. */
export const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
/** Commands on the open connection for one `vagrant ssh`: a single one would be lost in the noise. */
const commands = 20;

/** The lab of three machines behind NAT, in folders that go at the end. */
export class VirtualBoxBench {
  readonly scenario = fileURLToPath(new URL('../test/fixtures/scenarios/nat.yaml', import.meta.url));
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  /** Throws outside scripts/virtualbox.sh: nobody's own machines are to be touched. */
  static async create(): Promise<VirtualBoxBench> {
    if (process.env['LAB_VIRTUALBOX_DIR'] === undefined) {
      throw new Error('Run: scripts/virtualbox.sh npm run bench:virtualbox');
    }
    const bench = new VirtualBoxBench(await mkdtemp(join(tmpdir(), 'lab-bench-')));
    await mkdir(join(bench.#dir, 'home'));
    // The box is there on both sides before anything is measured.
    await bench.lab(['up', bench.scenario, '--no-play', '--nodes', '1', '--linked-clones']);
    await bench.lab(['destroy', 'nat', '--yes']);
    return bench;
  }

  get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      HOME: join(this.#dir, 'home'),
      LAB_HOME: this.#home,
      LAB_OFFLINE: '1',
      SSH_AUTH_SOCK: undefined,
      VAGRANT_CHECKPOINT_DISABLE: '1',
    };
  }

  get projectDir(): string {
    return projectDir(this.#home, 'nat', 'coreos');
  }

  lab(args: readonly string[]): Promise<TimedProcess> {
    return runTimed(process.execPath, [bin, ...args], { env: this.env, cwd: this.#dir });
  }

  /** A folder with the Vagrantfile that `lab up` uses too, and a public key of its own. */
  async projectByHand(): Promise<string> {
    const folder = join(this.#dir, 'by-hand');
    await rm(folder, { recursive: true, force: true });
    await this.lab(['render', this.scenario, '--out', folder]);
    const key = join(folder, 'id_ed25519');
    await runTimed('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key], { env: this.env });
    const publicKey = (await readFile(`${key}.pub`, 'utf8')).trim();
    const config = join(folder, 'coreos', 'config.rb');
    const text = await readFile(config, 'utf8');
    await writeFile(config, text.replace('ssh-ed25519 REPLACE-WITH-YOUR-PUBLIC-KEY', publicKey));
    return join(folder, 'coreos');
  }

  async connect(name: string): Promise<Connection> {
    const paths = labPaths(this.#home, 'nat');
    const state = JSON.parse(await readFile(paths.state, 'utf8')) as LabState;
    const machine = state.machines.find((candidate) => candidate.name === name);
    const hostKey = state.hostKeys[name];
    if (machine === undefined || hostKey === undefined) throw new Error(`${name} is not up`);
    const provider = new VirtualBoxProvider({
      exec: createExecaExec({ onGroup: () => () => undefined }),
      vagrantHome: process.env['VAGRANT_HOME'] ?? '',
    });
    return new SshTransport(systemClock).connect({
      machine: name,
      endpoint: await provider.endpoint(this.projectDir, machine, 22),
      user: machineUser,
      privateKeyPath: sshKeyPaths(paths.dir).privateKeyPath,
      hostKey,
      onHostKey: () => undefined,
      timeoutMs: 60_000,
    });
  }

  /** Seconds for `true` on an open connection; the median of several. */
  async timedCommand(connection: Connection): Promise<number> {
    const times: number[] = [];
    for (let number = 0; number < commands; number += 1) {
      const started = performance.now();
      await connection.run('true', { timeoutMs: 60_000 });
      times.push((performance.now() - started) / 1000);
    }
    return median(times);
  }

  /** Removes the lab, where there is one, and the folder. */
  async remove(): Promise<void> {
    await this.lab(['destroy', 'nat', '--yes', '--force']).catch(() => undefined);
    await rm(this.#dir, { recursive: true, force: true });
  }

  get #home(): string {
    return join(this.#dir, 'lab-home');
  }
}
