import { readdir, readFile, rm } from 'node:fs/promises';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { LabState } from '../../../src/model/lab-state.ts';
import { filesIn, labFilesIn, processesOf } from '../../e2e/support/host-trace.ts';
import type { LabResult } from '../../e2e/support/lab-user.ts';
import { LabRun } from '../../e2e/support/lab-run.ts';
import { listedMachines, powerOff, vboxManage } from './vbox-manage.ts';
import type { ListedMachine } from './vbox-manage.ts';

const scenario = resolve('test/fixtures/scenarios/nat.yaml');

/** All that a lab may leave on a host with VirtualBox. Equal before and after: it has left nothing. */
export interface VirtualBoxTrace {
  /** Without the masters of linked clones, which Vagrant keeps with their box. */
  machines: string[];
  /** Files of the machines, disks and logs. */
  machineFiles: string[];
  labFiles: string[];
  ssh: string[];
  processes: string[];
}

/** A user with folders of its own, boxes included, on the VirtualBox of scripts/virtualbox.sh. */
export class VirtualBoxUser {
  readonly dir: string;
  readonly home: string;
  readonly labHome: string;
  readonly #vagrantHome: string;
  /** Ids of the machines that were there first. */
  #others: ReadonlySet<string> = new Set();

  private constructor(dir: string) {
    this.dir = dir;
    this.home = join(dir, 'home');
    this.labHome = join(dir, 'lab-home');
    this.#vagrantHome = join(dir, 'vagrant');
  }

  /** Throws outside scripts/virtualbox.sh: nobody's own machines are to be touched. */
  static async create(): Promise<VirtualBoxUser> {
    testBed();
    // TMPDIR is in the folder that VirtualBox sees.
    const user = new VirtualBoxUser(await mkdtemp(join(tmpdir(), 'lab-vb-')));
    await mkdir(user.home);
    user.#others = new Set((await listedMachines()).map(({ id }) => id));
    return user;
  }

  get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      SSH_AUTH_SOCK: undefined,
      LAB_MIRROR: undefined,
      HOME: this.home,
      LAB_HOME: this.labHome,
      LAB_CACHE: join(this.dir, 'cache'),
      VAGRANT_HOME: this.#vagrantHome,
      LAB_OFFLINE: '1',
    };
  }

  /** Starts `lab` and does not wait. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): LabRun {
    return new LabRun(args, { env: { ...this.env, ...env }, cwd: this.dir });
  }

  /** Runs `lab` to its end, whatever that is. */
  async lab(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<LabResult> {
    const run = this.start(args, env);
    return { ...(await run.ended), run };
  }

  /** Runs `lab`, which must exit with 0. */
  async mustLab(...args: string[]): Promise<LabResult> {
    const result = await this.lab(args);
    if (result.exitCode === 0) return result;
    throw new Error(`exit ${String(result.exitCode)} of: ${result.run.describe()}`);
  }

  /** Standard output of a command on a machine. */
  async ssh(machine: string, command: string): Promise<string> {
    return (await this.mustLab('ssh', machine, command)).stdout.trimEnd();
  }

  upArguments(...args: string[]): string[] {
    return ['up', scenario, '--provider', 'virtualbox', '--json', ...args];
  }

  /** `lab up` with three machines, which must exit with 0. */
  up(...args: string[]): Promise<LabResult> {
    return this.mustLab(...this.upArguments(...args));
  }

  async state(): Promise<LabState> {
    return JSON.parse(await readFile(join(this.labHome, 'labs', 'nat', 'state.json'), 'utf8')) as LabState;
  }

  /** The machines that came into being for this user, masters of linked clones apart. */
  async machines(): Promise<ListedMachine[]> {
    const [all, masters] = [await this.#allMachines(), await this.#masterIds()];
    return all.filter((machine) => !masters.has(machine.id));
  }

  async trace(): Promise<VirtualBoxTrace> {
    const masters = await this.#masterIds();
    const folders = (await this.#allMachines())
      .filter(({ id }) => masters.has(id))
      .map(({ name }) => `/${name}/`);
    return {
      machines: (await this.machines()).map(({ name }) => name),
      machineFiles: filesIn(join(testBed(), 'work', 'machines')).filter(
        (file) => !folders.some((folder) => file.includes(folder)),
      ),
      labFiles: labFilesIn(this.labHome),
      ssh: filesIn(join(this.home, '.ssh')),
      processes: processesOf(this.home),
    };
  }

  /** Removes whatever a failed test has left. Clones go before the master whose disk they need. */
  async remove(): Promise<void> {
    await this.lab(['destroy', 'nat', '--yes', '--force']);
    const masters = await this.#masterIds();
    const left = await this.#allMachines();
    for (const { id, name, state } of left.sort((a) => (masters.has(a.id) ? 1 : -1))) {
      if (state === 'running') await powerOff(id);
      await vboxManage('unregistervm', id, '--delete').catch((error: unknown) => {
        console.error(`${name} is left: ${String(error)}`);
      });
    }
    await rm(this.dir, { recursive: true, force: true });
  }

  async #allMachines(): Promise<ListedMachine[]> {
    return (await listedMachines()).filter(({ id }) => !this.#others.has(id));
  }

  /** Vagrant notes them beside their box, in `boxes/NAME/VERSION/virtualbox/master_id`. */
  async #masterIds(): Promise<ReadonlySet<string>> {
    const boxes = join(this.#vagrantHome, 'boxes');
    const files = await readdir(boxes, { recursive: true }).catch(() => []);
    const notes = files.filter((file) => file.endsWith('/master_id'));
    return new Set(await Promise.all(notes.map((file) => readFile(join(boxes, file), 'utf8'))));
  }
}

/** The folder of the test bed. */
function testBed(): string {
  const dir = process.env['LAB_VIRTUALBOX_DIR'];
  if (dir !== undefined && process.env['HOME'] === `${dir}/work/home`) return dir;
  throw new Error(
    'Virtual machines are made in the test bed only: scripts/virtualbox.sh npx vitest run --project virtualbox',
  );
}
