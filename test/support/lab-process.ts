import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { labPaths, type LabPaths } from '../../src/state/lab-home.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const labBin = join(root, 'dist', 'bin.js');
const fakes = join(root, 'test', 'fixtures', 'bin');

/** What the built `lab` calls by name besides docker and vagrant. */
const tools = [
  'sh',
  'cat',
  'sed',
  'sleep',
  'readlink',
  'mount',
  'cp',
  'ssh',
  'ssh-keygen',
  'ssh-add',
  'ssh-agent',
];

export interface LabRun {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** How one call differs from the sandbox's usual surroundings. */
export interface LabCall {
  env?: Record<string, string>;
  /** Programs to be missing from PATH. */
  without?: readonly string[];
  /** Standard input; empty without it. */
  input?: string;
}

/** A person's account of its own for the built `lab`: nothing of the real one is read or written. */
export interface LabSandbox {
  dir: string;
  /** LAB_HOME. */
  home: string;
  hostsFile: string;
  env: Record<string, string>;
  paths(lab: string): LabPaths;
  run(args: readonly string[], call?: LabCall): Promise<LabRun>;
  /** Starts `lab` and leaves it running. */
  start(args: readonly string[], call?: LabCall): ChildProcessWithoutNullStreams;
  /** The same with another program, e.g. one that starts `lab` in its turn. */
  startProgram(file: string, args: readonly string[], call?: LabCall): ChildProcessWithoutNullStreams;
  remove(): Promise<void>;
}

/** Makes the folders of a sandbox. PATH holds only what a test has put there: the fakes and a few real tools. */
export async function labSandbox(): Promise<LabSandbox> {
  const dir = await mkdtemp(join(tmpdir(), 'lab-cli-'));
  const home = join(dir, 'lab home');
  await mkdir(join(dir, 'home'));
  const env = {
    HOME: join(dir, 'home'),
    LAB_HOME: home,
    LAB_CACHE: join(dir, 'cache'),
    LAB_OFFLINE: '1',
    LAB_DOCKER_PRIVILEGED: 'yes',
    XDG_CONFIG_HOME: join(dir, 'config'),
    XDG_STATE_HOME: join(dir, 'state'),
    XDG_CACHE_HOME: join(dir, 'xdg-cache'),
    VAGRANT_HOME: join(dir, 'vagrant'),
    TMPDIR: dir,
    LANG: 'C.UTF-8',
  };
  const started: ChildProcessWithoutNullStreams[] = [];
  const startProgram: LabSandbox['startProgram'] = (file, args, call = {}) => {
    const path = toolFolder(dir, call.without ?? []);
    const child = spawn(findTool(file), args, { cwd: dir, env: { ...env, PATH: path, ...call.env } });
    started.push(child);
    return child;
  };
  const start: LabSandbox['start'] = (args, call) => startProgram(process.execPath, [labBin, ...args], call);
  return {
    dir,
    home,
    hostsFile: join(dir, 'hosts'),
    env,
    paths: (lab) => labPaths(home, lab),
    start,
    startProgram,
    run: (args, call = {}) => {
      const child = start(args, call);
      child.stdin.end(call.input ?? '');
      return finished(child);
    },
    remove: async () => {
      // Of a test that failed.
      for (const child of started) if (child.exitCode === null) child.kill('SIGTERM');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A folder of links to the programs that are to be found. */
function toolFolder(dir: string, without: readonly string[]): string {
  const folder = join(dir, ['bin', ...without].join('-'));
  if (existsSync(folder)) return folder;
  mkdirSync(folder);
  const real = tools.map((name) => [name, findTool(name)] as const);
  const fake = ['docker', 'vagrant'].map((name) => [name, join(fakes, name)] as const);
  for (const [name, path] of [...real, ...fake]) {
    if (!without.includes(name)) symlinkSync(path, join(folder, name));
  }
  return folder;
}

/** The real program of that name or path. Throws where there is none: these tests need the OpenSSH client. */
export function findTool(name: string): string {
  if (name.includes('/')) return name;
  const found = searchTool(name);
  if (found === undefined) throw new Error(`there is no ${name} on PATH`);
  return found;
}

/** The same, or undefined. */
export function searchTool(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** What a process printed and how it ended. */
export function finished(child: ChildProcessWithoutNullStreams): Promise<LabRun> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => {
      resolve({ exitCode, stdout, stderr });
    });
  });
}
