import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LabState } from '../../../src/model/lab-state.ts';
import { cacheDir, labHome, labPaths, logPath } from '../../../src/state/lab-home.ts';
import { newLogPath } from '../../../src/state/new-log-path.ts';
import { listLabs, loadState, saveState } from '../../../src/state/state-file.ts';

const isRoot = process.geteuid?.() === 0;
let home: string;
let path: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lab-state-'));
  path = labPaths(home, 'coreos').state;
});
afterEach(async () => {
  await rm(home, { recursive: true });
});

const state: LabState = {
  version: 1,
  lab: 'coreos',
  scenario: 'coreos',
  provider: 'docker',
  parameters: { nodes: 3 },
  with: [],
  subnet: '172.17.8.0/24',
  machines: [],
  hostKeys: {},
  steps: {},
};

describe('a state file', () => {
  it('gives back what was saved, readable by its owner only, whatever the umask', async () => {
    const umask = process.umask(0o277);
    try {
      await saveState(path, state);
      await saveState(path, { ...state, edition: 'swarm' });
    } finally {
      process.umask(umask);
    }
    expect(await loadState(path)).toEqual({ ...state, edition: 'swarm' });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(home, 'labs'))).mode & 0o777).toBe(0o700);
    expect(await readdir(labPaths(home, 'coreos').dir)).toEqual(['state.json']);
  });

  it('is undefined where there is none', async () => {
    expect(await loadState(path)).toBeUndefined();
  });

  it.each([
    ['{"version": 1,', 'JSON'],
    ['{"version": 2}', 'it has version 2 and this lab knows versions up to 1'],
    ['{"version": 1, "lab": 7}', 'at lab'],
    ['[]', 'expected object'],
  ])('is refused when it holds %s', async (text, reason) => {
    await mkdir(labPaths(home, 'coreos').dir, { recursive: true });
    await writeFile(path, text);
    const error: unknown = await loadState(path).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'LAB_STATE_INVALID' });
    expect((error as Error).message).toContain(reason);
    expect((error as Error).message).toContain(path);
  });

  it('keeps the old content when the new cannot be written', async () => {
    if (isRoot) process.seteuid?.(65_534);
    const own = await mkdtemp(join(tmpdir(), 'lab-state-'));
    try {
      const mine = labPaths(own, 'coreos');
      await saveState(mine.state, state);
      await chmod(mine.dir, 0o500);
      await expect(saveState(mine.state, { ...state, edition: 'x' })).rejects.toMatchObject({
        code: 'LAB_STATE_UNWRITABLE',
        message: `${mine.state} cannot be written: this user may not write there.`,
      });
      expect(await loadState(mine.state)).toEqual(state);
      await chmod(mine.dir, 0o700);
    } finally {
      if (isRoot) process.seteuid?.(0);
      await rm(own, { recursive: true });
    }
  });

  it.runIf(isRoot && process.platform === 'linux')(
    'keeps the old content when the disk is full',
    async () => {
      const source = new URL('../../../src/state/state-file.ts', import.meta.url).href;
      const big = JSON.stringify({ ...state, scenario: 'x'.repeat(900_000) });
      const script = `import { saveState, loadState } from '${source}';
      await saveState('${path}', ${JSON.stringify(state)});
      const error = await saveState('${path}', ${big}).catch((caught) => caught);
      console.log(error.code, error.message, JSON.stringify(await loadState('${path}')) === '${JSON.stringify(state)}');`;
      await writeFile(join(home, 'script.mts'), script);
      const mount = `mkdir ${home}/labs && mount -t tmpfs -o size=512k none ${home}/labs && exec "$@"`;
      const command = [
        '-m',
        'sh',
        '-c',
        mount,
        'sh',
        process.execPath,
        '--import',
        'tsx',
        join(home, 'script.mts'),
      ];
      const { stdout } = await promisify(execFile)('unshare', command);
      expect(stdout).toBe(`LAB_STATE_UNWRITABLE ${path} cannot be written: the disk is full. true\n`);
    },
  );
});

it('lists labs with state or with a journal', async () => {
  expect(await listLabs(home)).toEqual([]);
  await saveState(labPaths(home, 'dokku').state, state);
  await saveState(path, state);
  await mkdir(labPaths(home, 'killed').dir);
  await writeFile(labPaths(home, 'killed').journal, '');
  await mkdir(join(home, 'labs', 'empty'));
  await writeFile(join(home, 'labs', 'file'), '');
  expect(await listLabs(home)).toEqual(['coreos', 'dokku', 'killed']);
});

describe('places', () => {
  const at = (platform: NodeJS.Platform, env: Record<string, string> = {}): string[] => {
    const surroundings = { env, platform, homeDir: '/home/u', cwd: '/work' };
    return [labHome(surroundings), cacheDir(surroundings)];
  };
  it('follow LAB_HOME and LAB_CACHE, the XDG folders where they are absolute, and the system', () => {
    expect(at('linux')).toEqual(['/home/u/.local/state/chapterlab', '/home/u/.cache/chapterlab']);
    expect(at('linux', { LAB_HOME: 'l', LAB_CACHE: '/c' })).toEqual(['/work/l', '/c']);
    expect(at('linux', { XDG_STATE_HOME: '/s', XDG_CACHE_HOME: '/c' })).toEqual([
      '/s/chapterlab',
      '/c/chapterlab',
    ]);
    expect(at('linux', { XDG_STATE_HOME: 's', XDG_CACHE_HOME: '', LAB_HOME: '' })).toEqual(at('linux'));
    expect(at('darwin')[0]).toBe('/home/u/Library/Application Support/chapterlab');
  });
  it('name logs by time and command', () => {
    const started = new Date('2024-05-01T18:00:00.123Z');
    expect(logPath('/h', 'coreos', started, 'up')).toBe('/h/labs/coreos/logs/20240501T180000123Z-up.log');
  });
  it('keep logs in the order of the runs, also after the clock was set back', async () => {
    const home = await mkdtemp(join(tmpdir(), 'lab-logs-'));
    const { logs } = labPaths(home, 'coreos');
    const nameAt = async (time: string): Promise<string> =>
      basename(await newLogPath(home, 'coreos', Date.parse(time), 'up'));
    expect(await nameAt('2024-05-01T18:00:00.123Z')).toBe('20240501T180000123Z-up.log');
    await mkdir(logs, { recursive: true });
    for (const name of ['20240501T180000123Z-up.log', '20240501T195959999Z-play.log', 'notes-up.log'])
      await writeFile(join(logs, name), '');
    expect(await nameAt('2024-05-01T18:00:01Z')).toBe('20240501T200000000Z-up.log');
    expect(await nameAt('2024-05-01T20:00:01Z')).toBe('20240501T200001000Z-up.log');
    await rm(home, { recursive: true });
  });
});
