import { join, resolve } from 'node:path';

/** What decides where `lab` keeps its files. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  /** The user's home folder. */
  homeDir: string;
  /** The folder that relative values of LAB_HOME and LAB_CACHE count from. */
  cwd: string;
}

/** The folder that all labs of this user live in: LAB_HOME, else the system's place for the state of programs. */
export function labHome(surroundings: Surroundings): string {
  const { env, platform, homeDir, cwd } = surroundings;
  const own = env['LAB_HOME'];
  if (own !== undefined && own !== '') return resolve(cwd, own);
  if (platform === 'darwin') return join(homeDir, 'Library', 'Application Support', 'chapterlab');
  if (platform === 'win32') return join(localAppData(surroundings), 'chapterlab', 'state');
  return join(xdg(env['XDG_STATE_HOME']) ?? join(homeDir, '.local', 'state'), 'chapterlab');
}

/** The folder of downloads: LAB_CACHE, else the system's place for what can be fetched again. */
export function cacheDir(surroundings: Surroundings): string {
  const { env, platform, homeDir, cwd } = surroundings;
  const own = env['LAB_CACHE'];
  if (own !== undefined && own !== '') return resolve(cwd, own);
  if (platform === 'darwin') return join(homeDir, 'Library', 'Caches', 'chapterlab');
  if (platform === 'win32') return join(localAppData(surroundings), 'chapterlab', 'cache');
  return join(xdg(env['XDG_CACHE_HOME']) ?? join(homeDir, '.cache'), 'chapterlab');
}

/** Relative paths are to be ignored: XDG Base Directory Specification 0.8. */
function xdg(value: string | undefined): string | undefined {
  return value?.startsWith('/') === true ? value : undefined;
}

function localAppData({ env, homeDir }: Surroundings): string {
  return env['LOCALAPPDATA'] ?? join(homeDir, 'AppData', 'Local');
}

/** The files of one lab. All but the lock are in `dir`, which goes when the lab is destroyed. */
export interface LabPaths {
  dir: string;
  state: string;
  journal: string;
  /** What the embedded discovery service remembers. */
  discovery: string;
  /** Held while a command is at work on the lab. Outside `dir`, so that `dir` can be removed under it. */
  lock: string;
  /** Commands that the run which holds the lock has started. Outside `dir` for the same reason. */
  children: string;
  ssh: string;
  logs: string;
  /** Where the commands of steps run on this host. */
  work: string;
}

export function labsDir(home: string): string {
  return join(home, 'labs');
}

export function labDir(home: string, lab: string): string {
  return join(labsDir(home), lab);
}

export function labPaths(home: string, lab: string): LabPaths {
  const dir = labDir(home, lab);
  return {
    dir,
    state: join(dir, 'state.json'),
    journal: join(dir, 'journal.jsonl'),
    discovery: join(dir, 'discovery.json'),
    lock: join(home, 'locks', `${lab}.lock`),
    children: join(home, 'locks', `${lab}.children`),
    ssh: join(dir, 'ssh'),
    logs: join(dir, 'logs'),
    work: join(dir, 'work'),
  };
}

/** Where a Vagrant project of the lab is rendered and run. */
export function projectDir(home: string, lab: string, project: string): string {
  return join(labDir(home, lab), 'projects', project);
}

/** The log of one command, named so that listing sorts by time and no system minds the characters. */
export function logPath(home: string, lab: string, startedAt: Date, command: string): string {
  const stamp = startedAt.toISOString().replace(/[-:]/g, '').replace('.', '');
  return join(labPaths(home, lab).logs, `${stamp}-${command}.log`);
}

/** The log of the last proof of a lab, whose own folder is gone when it ends. */
export function proofLogPath(home: string, lab: string): string {
  return join(home, 'proofs', `${lab}.log`);
}

/** One for all labs of this user: taken while one of them makes an address range its own. */
export function subnetsLockPath(home: string): string {
  return join(home, 'subnets.lock');
}

/** One for all labs of this user: taken while a file is changed that labs share (hosts file, ssh config, journal). */
export function hostLockPath(home: string): string {
  return join(home, 'host.lock');
}

/** The journal of changes that labs share and that outlive them. */
export function sharedJournalPath(home: string): string {
  return join(home, 'journal.jsonl');
}
