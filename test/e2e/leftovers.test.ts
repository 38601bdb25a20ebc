import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Leftover } from '../../src/model/leftover.ts';
import { dockerLines } from './support/machine-commands.ts';
import { LabUser } from './support/lab-user.ts';

interface Answer {
  leftovers: (Leftover & { removed: boolean; problem?: string })[];
}

let user: LabUser;
beforeEach(async () => {
  user = await LabUser.create();
});
afterEach(() => user.remove());

/** With a temporary folder of its own: in the system's there may be leftovers of others. */
async function leftovers(...args: string[]): Promise<{ exitCode: number | null; answer: Answer }> {
  const TMPDIR = join(user.dir, 'tmp');
  mkdirSync(TMPDIR, { recursive: true });
  const words = ['leftovers', '--hosts-file', user.hostsFile, '--json', ...args];
  const { exitCode, stdout } = await user.lab(words, { TMPDIR });
  return { exitCode, answer: JSON.parse(stdout) as Answer };
}

const up = (scenario: string, ...args: string[]): string[] => {
  return ['up', scenario, '--json', '--no-play', '--hosts-file', user.hostsFile, ...args];
};

/** What is not kept on purpose, without what changes from run to run. Agents of tests in other sandboxes are seen from here. */
const found = ({ leftovers: all }: Answer): string[] =>
  all
    .filter(({ standing }) => standing !== 'shared')
    .filter(({ what, where }) => !what.startsWith('ssh agent') || where.startsWith(user.dir))
    .map(({ standing, what }) => `${standing}: ${what.replace(/process \d+/, 'process')}`);

it('finds all that a lab leaves whose folder was deleted, removes it, and touches no lab that lives', async () => {
  await user.mustLab(up('dokku'));
  const withDokku = await user.trace();
  await user.mustLab(up('coreos', '--edition', 'swarm', '--nodes', '2'));
  expect(await leftovers()).toMatchObject({ exitCode: 0, answer: { notes: [] } });

  await rm(dirname(user.labFile('state.json')), { recursive: true });
  const left = await leftovers();
  expect(left.exitCode).toBe(1);
  expect(found(left.answer).sort()).toEqual([
    'left: container coreos-core-01',
    'left: container coreos-core-02',
    'left: network chapterlab-coreos',
    'left: ssh agent, process',
    'uncertain: hosts block coreos',
  ]);

  const cleaned = await leftovers('--clean', '--uncertain', '--yes');
  expect(cleaned.answer.leftovers.filter(({ problem }) => problem !== undefined)).toEqual([]);
  expect(cleaned.exitCode).toBe(0);
  expect(await user.trace()).toEqual(withDokku);
  expect(found((await leftovers()).answer)).toEqual([]);
  await user.mustLab(['ssh', 'dokku', 'true']);

  // The last lab: now the Include is left, too.
  await rm(dirname(user.labFile('state.json', 'dokku')), { recursive: true });
  expect(found((await leftovers()).answer)).toContain('left: Include of the labs');
  expect((await leftovers('--clean', '--uncertain', '--yes')).exitCode).toBe(0);
  expect(await user.trace()).toEqual(user.before);
});

describe('the images that labs share', () => {
  const hook = pathToFileURL('test/e2e/support/crash-at-journal.mjs').href;
  const names = (): Promise<string[]> =>
    dockerLines('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', 'chapterlab/*');
  /** Kills `lab up` when that line of its run is in the journal of what labs share. */
  const crash = async (line: number): Promise<void> => {
    const { exitCode, run } = await user.lab(up('coreos', '--edition', 'swarm', '--nodes', '1'), {
      NODE_OPTIONS: `--import=${hook}`,
      LAB_CRASH_JOURNAL: '/lab-home/journal.jsonl',
      LAB_CRASH_AT: String(line),
    });
    expect(exitCode, run.describe()).toBe(null);
  };
  const shared = async (...args: string[]): Promise<string[]> => {
    const { answer } = await leftovers(...args);
    return answer.leftovers.flatMap(({ standing, what, removed }) =>
      standing === 'shared' ? [`${what.replace(/:.*/, '')}${removed ? ' removed' : ''}`] : [],
    );
  };

  // The other tests go on with those that are there now.
  let aside: string[];
  beforeEach(async () => {
    aside = await names();
    for (const [index, name] of aside.entries()) {
      await dockerLines('tag', name, `lab-test/aside:${index}`);
      await dockerLines('image', 'rm', name);
    }
  });
  afterEach(async () => {
    for (const [index, name] of aside.entries()) {
      await dockerLines('tag', `lab-test/aside:${index}`, name);
      await dockerLines('image', 'rm', `lab-test/aside:${index}`);
    }
  });

  it('outlive the lab, whenever it is killed, and are gone when they are asked for', async () => {
    // The base is there, and the node image was written down only.
    await crash(3);
    expect(await shared()).toEqual(['image chapterlab/base']);
    // The next run goes on with that entry; its first line says that the image is there.
    await crash(1);
    expect(await shared()).toEqual(['image chapterlab/node', 'image chapterlab/base']);
    await user.mustLab(['destroy', 'coreos', '--yes']);
    expect(await names()).toHaveLength(2);
    expect(await shared('--clean', '--shared', '--yes')).toEqual([
      'image chapterlab/node removed',
      'image chapterlab/base removed',
    ]);
    expect(await names()).toEqual([]);
    expect(await user.trace()).toEqual(user.before);
  });
});

it('takes nothing of a lab that is just being made, nor of the lab of another LAB_HOME', async () => {
  const run = user.start(up('coreos', '--edition', 'swarm', '--nodes', '1'));
  await run.when((event) => event.type === 'task-started' && event.task === 'boot-coreos');
  // What a killed run leaves has the same look; but this one holds its lock.
  expect(found((await leftovers()).answer)).toEqual([]);
  const during = await leftovers('--clean', '--uncertain', '--yes');
  expect([during.exitCode, found(during.answer)]).toEqual([0, []]);
  expect((await run.ended).exitCode, run.describe()).toBe(0);

  const LAB_HOME = join(user.dir, 'another-home');
  const words = ['leftovers', '--hosts-file', user.hostsFile, '--clean', '--uncertain', '--yes'];
  const elsewhere = await user.lab(words, { LAB_HOME, TMPDIR: join(user.dir, 'tmp') });
  expect(elsewhere.stdout).toContain('Nothing is left.');
  await user.mustLab(['ssh', 'core-01', 'true']);
  await user.mustLab(['destroy', 'coreos', '--yes']);
  expect(await user.trace()).toEqual(user.before);
});
