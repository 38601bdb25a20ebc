import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import { LabUser } from './support/lab-user.ts';
import type { LabRun } from './support/lab-run.ts';
import { dockerLines } from './support/machine-commands.ts';

const mounted: string[] = [];
let user: LabUser;
beforeEach(async () => {
  user = await LabUser.create();
});
afterEach(async () => {
  // Before the lab's journal goes with its disk; there is no lab where the test has passed.
  await user.lab(['destroy', 'coreos', '--yes', '--force']);
  for (const folder of mounted.splice(0).reverse()) execFileSync('umount', ['--lazy', folder]);
  await user.remove();
});

/** Puts a disk of its own in a folder's place. */
async function mountDisk(folder: string, size: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'lab-e2e', folder]);
  mounted.push(folder);
}

function unmount(folder: string): void {
  execFileSync('umount', [folder]);
  mounted.splice(mounted.indexOf(folder), 1);
}

const resize = (folder: string, size: string): Buffer =>
  execFileSync('mount', ['-o', `remount,size=${size}`, folder], { stdio: 'pipe' });

/** The disk is as large from now on as what is on it. */
function fill(folder: string): void {
  for (let attempt = 1; ; attempt += 1) {
    const { blocks, bfree, bsize } = statfsSync(folder);
    try {
      resize(folder, String((blocks - bfree) * bsize));
      return;
    } catch (error) {
      // The system refuses less than what is there, and `lab` may have written more meanwhile.
      if (attempt === 10) throw error;
    }
  }
}

it('a full disk loses nothing: what needs it says so, with room the same command goes on, and destroy works without', async () => {
  const up = user.upArguments('--nodes', '1', '--no-play');
  const small = join(user.dir, 'small');
  await mountDisk(small, '4k');
  execFileSync('sh', ['-c', `echo full >'${join(small, 'file')}'`]);
  await mountDisk(user.labHome, '2g');

  /** The code that a run ends with whose LAB_HOME is full from a moment on. */
  const fullFrom = async (isReached: (event: RunEvent) => boolean): Promise<string> => {
    const run = user.start(up);
    await run.when(isReached);
    fill(user.labHome);
    const end = await run.ended;
    resize(user.labHome, '2g');
    expect(end.exitCode, run.describe()).toBe(4);
    return codeOf(run);
  };
  const noVagrantHome = await user.lab(up, { VAGRANT_HOME: small });
  expect(noVagrantHome.exitCode, noVagrantHome.run.describe()).toBe(4);
  expect(codeOf(noVagrantHome.run)).toBe('LAB_DISK_LOW');
  expect(noVagrantHome.stdout).toContain(`could not write ${small}/`);

  const starts = (task: string) => (event: RunEvent) => event.type === 'task-started' && event.task === task;
  const applies = starts('apply-user-data');
  // Or later, where the machine was made before the disk was full.
  const isMakingMachine = (event: RunEvent): boolean =>
    (event.type === 'task-progress' && event.message.startsWith('Creating the container')) || applies(event);
  // Lab and Vagrant write in turn: the first that finds no room says so.
  const noRoom = ['LAB_STATE_UNWRITABLE', 'LAB_DISK_LOW'];
  for (const moment of [starts('boot-coreos'), isMakingMachine, applies])
    expect(noRoom).toContain(await fullFrom(moment));
  const state = await user.state();
  expect(state.machines.map(({ name }) => name)).toEqual(['core-01']);
  const made = await user.lab(up);
  expect(made.exitCode, made.run.describe()).toBe(0);
  expect((await user.state()).generation?.discoveryUrl).toBe(state.generation?.discoveryUrl);

  await mountDisk(user.labFile('logs'), '4k');
  const unlogged = await user.lab(['play', 'coreos', '--only', 'etcd-members', '--json']);
  expect(unlogged.exitCode, unlogged.run.describe()).toBe(0);
  expect(unlogged.stderr).toMatch(/^warning: the log \S+-play\.log is not complete: ENOSPC: [^\n]*\n$/);
  unmount(user.labFile('logs'));

  execFileSync('mount', ['-o', 'remount,ro', user.labHome]);
  const readOnly = await user.lab(['play', 'coreos', '--only', 'etcd-members', '--json']);
  expect(readOnly.exitCode, readOnly.run.describe()).toBe(4);
  expect(readOnly.stderr).toMatch(
    /coreos\.lock cannot be written: the file system is read-only[^]*LAB_STATE_UNWRITABLE/,
  );
  execFileSync('mount', ['-o', 'remount,rw', user.labHome]);

  fill(user.labHome);
  const journal = await readFile(user.labFile('journal.jsonl'));
  const refused = await user.lab(['play', 'coreos', '--only', 'etcd-members', '--json']);
  expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining('LAB_STATE_UNWRITABLE')]);
  expect(await readFile(user.labFile('journal.jsonl'))).toEqual(journal);
  await user.mustLab(['destroy', 'coreos', '--yes']);
  expect(await dockerLines('ps', '--all', '--quiet')).toEqual([]);
  expect(await user.trace()).toEqual(user.before);
});

function codeOf(run: LabRun): string {
  return run.report.tasks.find(({ error }) => error !== undefined)?.error?.code ?? 'none';
}
