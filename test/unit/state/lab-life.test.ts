import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { labDir, labPaths } from '../../../src/state/lab-home.ts';
import { readLabLife, readOwnership, type LabLife } from '../../../src/state/lab-life.ts';
import { savedState } from '../../support/saved-lab.ts';

let dir: string;
let home: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-life-'));
  home = join(dir, 'home');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const entry = { id: 1, at: '2026-01-01T00:00:00.000Z', change: { kind: 'ssh-agent', socket: '/s' } };
const undone = { id: 1, at: '2026-01-01T00:00:00.000Z', mark: 'undone' };
/** The first process of this computer, which runs. */
const owner = { pid: 1, command: 'lab up', since: 'now', nonce: 'n' };
const lines = (...values: object[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

const situations: [LabLife, Partial<Record<'state' | 'journal' | 'lock', string>>][] = [
  ['gone', {}],
  ['gone', { journal: '' }],
  ['gone', { journal: lines(entry, undone) }],
  ['gone', { lock: JSON.stringify({ ...owner, pid: 2 ** 30 }) }],
  ['lives', { state: JSON.stringify(savedState) }],
  ['lives', { state: JSON.stringify(savedState), journal: 'none of ours\n' }],
  ['busy', { lock: JSON.stringify(owner) }],
  ['busy', { state: JSON.stringify(savedState), lock: JSON.stringify(owner) }],
  ['unreadable', { state: '{"version"' }],
  ['unfinished', { journal: lines(entry) }],
  ['unfinished', { journal: 'none of ours\n' }],
];
it.each(situations)('is %s with %j', async (life, files) => {
  const paths = labPaths(home, 'coreos');
  for (const name of ['state', 'journal', 'lock'] as const) {
    const text = files[name];
    if (text !== undefined) await write(paths[name], text);
  }
  expect(await readLabLife({ home, lab: 'coreos' })).toBe(life);
});

it('is not busy by this very process, which holds the lock to remove it', async () => {
  await write(labPaths(home, 'coreos').lock, JSON.stringify({ ...owner, pid: process.pid }));
  expect(await readLabLife({ home, lab: 'coreos' })).toBe('gone');
});

it('judges a mark of this LAB_HOME by the state, whatever links lead there', async () => {
  await mkdir(join(labDir(home, 'coreos'), 'projects', 'coreos'), { recursive: true });
  await symlink(home, join(dir, 'link'));
  const folder = join(labDir(home, 'coreos'), 'projects', 'coreos');
  const owned = await readOwnership({ lab: 'coreos', folder }, join(dir, 'link'));
  expect(owned).toMatchObject({ life: 'gone', place: { home: join(dir, 'link'), lab: 'coreos' } });
  await write(labPaths(home, 'coreos').state, JSON.stringify(savedState));
  expect(await readOwnership({ lab: 'coreos', folder }, join(dir, 'link'))).toMatchObject({ life: 'lives' });
});

it('judges a mark of another LAB_HOME by its folder', async () => {
  const other = join(dir, 'other');
  const claim = { lab: 'coreos', folder: join(labDir(other, 'coreos'), 'projects', 'coreos') };
  expect(await readOwnership(claim, home)).toEqual({
    life: 'gone',
    place: { home: other, lab: 'coreos' },
    why: `its folder ${labDir(other, 'coreos')} is gone`,
  });
  await write(labPaths(other, 'coreos').lock, JSON.stringify(owner));
  expect(await readOwnership(claim, home)).toMatchObject({ life: 'busy' });
  await mkdir(labDir(other, 'coreos'), { recursive: true });
  expect(await readOwnership(claim, home)).toMatchObject({ life: 'lives' });
});

it.skipIf(process.geteuid?.() === 0)('takes what it may not look into for alive', async () => {
  const other = join(dir, 'other');
  await mkdir(other, { mode: 0o000 });
  expect(await readOwnership({ lab: 'coreos', folder: labDir(other, 'coreos') }, home)).toMatchObject({
    life: 'lives',
  });
});

it('judges a project that is in no LAB_HOME by its folder', async () => {
  const claim = { lab: 'coreos', folder: join(dir, 'rendered') };
  expect(await readOwnership(claim, home)).toMatchObject({ life: 'gone', place: undefined });
  await mkdir(claim.folder);
  expect(await readOwnership(claim, home)).toMatchObject({ life: 'lives' });
});
