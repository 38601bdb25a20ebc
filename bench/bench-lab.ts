import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LabState } from '../src/model/lab-state.ts';
import type { RunEvent, RunReport } from '../src/model/event.ts';
import { cacheDir, labPaths, projectDir } from '../src/state/lab-home.ts';
import { runTimed } from './timed-process.ts';
import type { TimedProcess } from './timed-process.ts';

/** The built command; `tsx` would be measured with anything else. */
export const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
/** The book's, on both sides of a comparison. */
export const subnetPrefix = '172.17.8';
export const emptyHostsFile = '127.0.0.1\tlocalhost\n';

/** The coreos lab of a user who has nothing else: home, state and hosts file are in a folder that goes at the end. */
export class BenchLab {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Throws outside the sandbox: machines' addresses must not come into being on this host. */
  static async create(): Promise<BenchLab> {
    const namespace = execFileSync('ip', ['netns', 'identify', String(process.pid)], { encoding: 'utf8' });
    if (!namespace.startsWith('clab-')) {
      throw new Error(
        'The bench makes real machines, in a sandbox only. Run: scripts/sandbox.sh npm run bench',
      );
    }
    const lab = new BenchLab(await mkdtemp(join(tmpdir(), 'lab-bench-')));
    await mkdir(join(lab.dir, 'home'));
    await writeFile(lab.hostsFile, emptyHostsFile);
    return lab;
  }

  get hostsFile(): string {
    return join(this.dir, 'hosts');
  }

  /** Without an agent, and without a question to the internet. */
  get env(): NodeJS.ProcessEnv {
    const { env } = process;
    const surroundings = { env, platform: process.platform, homeDir: homedir(), cwd: process.cwd() };
    return {
      ...env,
      SSH_AUTH_SOCK: undefined,
      LAB_MIRROR: undefined,
      HOME: join(this.dir, 'home'),
      LAB_HOME: this.#home,
      LAB_CACHE: cacheDir(surroundings),
      LAB_OFFLINE: '1',
      VAGRANT_CHECKPOINT_DISABLE: '1',
    };
  }

  /** Where `vagrant` finds the lab's nodes. */
  get projectDir(): string {
    return projectDir(this.#home, 'coreos', 'coreos');
  }

  /** Folder of the lab's state and keys. */
  get labDir(): string {
    return labPaths(this.#home, 'coreos').dir;
  }

  run(args: readonly string[], options: { memory?: boolean } = {}): Promise<TimedProcess> {
    return runTimed(process.execPath, [bin, ...args], { env: this.env, cwd: this.dir, ...options });
  }

  /** `lab up coreos`, with the report that the run ends with. */
  async up(nodes: number, options: { memory?: boolean } = {}): Promise<TimedProcess & { report: RunReport }> {
    const end = await this.run(
      [...this.#arguments(nodes), '--json', '--hosts-file', this.hostsFile],
      options,
    );
    const last = end.stdout.trimEnd().split('\n').at(-1) ?? '';
    const event = JSON.parse(last) as RunEvent;
    if (event.type !== 'run-finished') throw new Error(`no report: ${last}`);
    return { ...end, report: event.report };
  }

  /** Machines and nothing more: also makes the node image where it is missing. */
  async upWithoutChapter(): Promise<void> {
    await this.run([...this.#arguments(1), '--no-play', '--no-hosts']);
  }

  async destroy(): Promise<void> {
    await this.run(['destroy', 'coreos', '--yes', '--force']);
  }

  async state(): Promise<LabState> {
    return JSON.parse(await readFile(labPaths(this.#home, 'coreos').state, 'utf8')) as LabState;
  }

  /** Removes the lab, where there is one, and the folder. */
  async remove(): Promise<void> {
    if (existsSync(this.labDir)) await this.destroy();
    await rm(this.dir, { recursive: true, force: true });
  }

  get #home(): string {
    return join(this.dir, 'lab-home');
  }

  #arguments(nodes: number): string[] {
    const subnet = ['--subnet', `${subnetPrefix}.0/24`];
    return ['up', 'coreos', '--edition', 'swarm', '--nodes', String(nodes), ...subnet];
  }
}
