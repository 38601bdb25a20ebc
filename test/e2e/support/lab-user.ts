import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import type { LabState } from '../../../src/model/lab-state.ts';
import { cacheDir } from '../../../src/state/lab-home.ts';
import { traceHost } from './host-trace.ts';
import type { HostTrace } from './host-trace.ts';
import { LabRun } from './lab-run.ts';
import type { LabEnd } from './lab-run.ts';
import { Terminal } from './terminal.ts';

/** What a finished command said, with its event stream. */
export type LabResult = LabEnd & { run: LabRun };

/** A user with a home, a LAB_HOME and a hosts file of its own, on the sandbox's real engine. */
export class LabUser {
  readonly dir: string;
  readonly home: string;
  readonly labHome: string;
  /** Not the system's: given by `--hosts-file`. */
  readonly hostsFile: string;
  /** How the host was before the user did anything. */
  #before: HostTrace | undefined;

  private constructor(dir: string) {
    this.dir = dir;
    this.home = join(dir, 'home');
    this.labHome = join(dir, 'lab-home');
    this.hostsFile = join(dir, 'hosts');
  }

  /** Throws outside the sandbox: machines' addresses must not come into being on this host. */
  static async create(): Promise<LabUser> {
    assertSandbox();
    const user = new LabUser(await mkdtemp(join(tmpdir(), 'lab-e2e-')));
    await mkdir(join(user.home, '.ssh'), { recursive: true, mode: 0o700 });
    await writeFile(join(user.home, '.ssh', 'config'), 'Host example\n  User me\n', { mode: 0o600 });
    // No newline at the end: what `lab` adds for its block must go with it.
    await writeFile(user.hostsFile, '127.0.0.1\tlocalhost\n# mine');
    user.#before = await user.trace();
    return user;
  }

  /** The user's environment. No agent, and no question to the internet. */
  get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      SSH_AUTH_SOCK: undefined,
      LAB_MIRROR: undefined,
      HOME: this.home,
      LAB_HOME: this.labHome,
      LAB_CACHE: cacheDir({
        env: process.env,
        platform: process.platform,
        homeDir: homedir(),
        cwd: process.cwd(),
      }),
      LAB_OFFLINE: '1',
    };
  }

  /** Starts `lab` and does not wait. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): LabRun {
    return new LabRun(args, { env: { ...this.env, ...env }, cwd: this.dir });
  }

  /** Types a command of `lab` on a terminal of its own. */
  onTerminal(args: readonly string[]): Terminal {
    return new Terminal(args, { env: this.env, cwd: this.dir });
  }

  /** Runs `lab` to its end, whatever that is. */
  async lab(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<LabResult> {
    const run = this.start(args, env);
    return { ...(await run.ended), run };
  }

  /** Runs `lab`, which must exit with 0. */
  async mustLab(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<LabResult> {
    const result = await this.lab(args, env);
    if (result.exitCode !== 0)
      throw new Error(`exit ${String(result.exitCode)} of: ${result.run.describe()}`);
    return result;
  }

  /** `lab up coreos` with this user's hosts file, as an event stream. */
  up(...args: string[]): Promise<LabResult> {
    return this.lab(this.upArguments(...args));
  }

  upArguments(...args: string[]): string[] {
    return ['up', 'coreos', '--json', '--edition', 'swarm', '--hosts-file', this.hostsFile, ...args];
  }

  /** A file of the lab, e.g. `state.json`. */
  labFile(name: string, lab = 'coreos'): string {
    return join(this.labHome, 'labs', lab, name);
  }

  async state(lab = 'coreos'): Promise<LabState> {
    return JSON.parse(await readFile(this.labFile('state.json', lab), 'utf8')) as LabState;
  }

  trace(): Promise<HostTrace> {
    return traceHost({ home: this.home, labHome: this.labHome, hostsFiles: ['/etc/hosts', this.hostsFile] });
  }

  /** How the host was at first; to be equal to `trace()` when nothing is left. */
  get before(): HostTrace {
    if (this.#before === undefined) throw new Error('the host was not looked at');
    return this.#before;
  }

  /** Removes whatever a failed test has left, then the folder. */
  async remove(): Promise<void> {
    const labs = await readdir(join(this.labHome, 'labs')).catch(() => []);
    for (const lab of labs) await this.lab(['destroy', lab, '--yes', '--force']);
    await rm(this.dir, { recursive: true, force: true });
  }
}

function assertSandbox(): void {
  const namespace = execFileSync('ip', ['netns', 'identify', String(process.pid)], { encoding: 'utf8' });
  if (namespace.startsWith('clab-')) return;
  throw new Error(
    'Real machines are made in a sandbox only: scripts/sandbox.sh npx vitest run --project e2e',
  );
}
