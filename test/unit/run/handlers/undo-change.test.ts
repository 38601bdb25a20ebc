import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../../../src/host/journal.ts';
import { systemClock } from '../../../../src/io/clock.ts';
import type { Provider } from '../../../../src/providers/provider.ts';
import { undoChange } from '../../../../src/run/handlers/undo-change.ts';
import { writeHosts } from '../../../../src/run/handlers/write-hosts.ts';
import type { TaskOutcome } from '../../../../src/run/run-context.ts';
import { labPaths } from '../../../../src/state/lab-home.ts';
import { fakeExec } from '../../../support/fake-exec.ts';
import { fakeRun, type FakeRun } from '../../../support/fake-run-context.ts';
import { formedState, nodes } from '../../plan/plan-fixture.ts';

const original = '127.0.0.1 localhost';

let dir: string;
let file: string;
let journal: Journal;
let fake: FakeRun;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-undo-'));
  file = join(dir, 'hosts');
  await writeFile(file, original);
  const paths = labPaths(dir, 'coreos');
  await mkdir(paths.dir, { recursive: true });
  journal = new Journal(paths.journal, systemClock);
  fake = run({});
});
afterEach(() => rm(dir, { recursive: true }));

function run(provider: Partial<Provider>): FakeRun {
  const signal = new AbortController().signal;
  const confirm = (): Promise<boolean> => Promise.reject(new Error('unexpected question'));
  const { exec } = fakeExec([]);
  const hostSetUp = { home: dir, lab: 'coreos', exec, clock: systemClock, confirm, signal };
  const overrides = { journal, hostSetUp, exec, provider: provider as Provider };
  return fakeRun({ machines: nodes(3), state: formedState(3), overrides });
}

function write(...addresses: string[]): Promise<TaskOutcome> {
  const entries = addresses.map((address, index) => ({ address, names: [`core-0${index + 1}`] }));
  return writeHosts(
    { kind: 'write-hosts', id: 'write-hosts', title: '', file, entries },
    fake.context,
    fake.report,
  );
}

async function undoAll(): Promise<TaskOutcome[]> {
  const outcomes: TaskOutcome[] = [];
  for (const { id } of await journal.open()) {
    const task = { kind: 'undo-change', id: `undo-${id}`, title: '', entry: id } as const;
    outcomes.push(await undoChange(task, fake.context, fake.report));
  }
  return outcomes;
}

const edit = async (from: string, to: string): Promise<void> => {
  await writeFile(file, (await readFile(file, 'utf8')).replace(from, to));
};

describe('the hosts block', () => {
  it('is written and undone with what somebody else put into it left, by two entries of one file', async () => {
    expect(await write('10.0.0.1')).toMatchObject({ warnings: [] });
    await edit('# <<<', '10.9.9.9 db\n# <<<');
    const shown = `1 line in lab's block in ${file} is not lab's; `;
    expect((await write('10.0.0.1', '10.0.0.2')).warnings).toEqual([
      `${shown}lab leaves it there: "10.9.9.9 db"`,
    ]);
    expect((await journal.open()).map(({ change }) => change)).toEqual([
      { kind: 'hosts-block', file, lab: 'coreos', lines: ['10.0.0.1\tcore-01', '10.0.0.2\tcore-02'] },
      { kind: 'hosts-block', file, lab: 'coreos', lines: ['10.0.0.1\tcore-01'] },
    ]);
    expect(await undoAll()).toEqual([
      {
        status: 'changed',
        warnings: [`${shown}the block is gone and lab has left it in its place: "10.9.9.9 db"`],
      },
      { status: 'unchanged', warnings: [] },
    ]);
    expect(await readFile(file, 'utf8')).toBe(`${original}\n10.9.9.9 db\n`);
    expect(await journal.open()).toEqual([]);
  });

  it('goes with all that lab ever wrote, also what a killed run has left, byte for byte', async () => {
    await write('10.0.0.1', '10.0.0.2');
    const two = await readFile(file, 'utf8');
    // Killed between the entry and the write of a run that wanted other lines.
    await write('10.0.0.3');
    await writeFile(file, two);
    await undoAll();
    expect(await readFile(file, 'utf8')).toBe(original);
  });

  it('is journaled with the sudo that writing it takes, before anybody is asked', async () => {
    const isRoot = process.geteuid?.() === 0;
    const { journal: path } = labPaths(dir, 'coreos');
    await writeFile(path, '');
    for (const [place, mode] of [
      [dir, 0o755],
      [path, 0o666],
      [dirname(path), 0o777],
      [file, 0o444],
    ] as const) {
      await chmod(place, mode);
    }
    if (isRoot) process.seteuid?.(65_534);
    try {
      await write('10.0.0.1').catch(() => undefined);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
    expect((await journal.open()).map(({ change }) => change)).toMatchObject([{ file, sudo: true }]);
  });

  it('that no entry tells of is taken over, and what is replaced is shown', async () => {
    await write('10.0.0.1', '10.0.0.2');
    for (const { id } of await journal.open()) await journal.markUndone(id);
    expect((await write('10.0.0.1')).warnings).toEqual([
      `1 line in lab's block in ${file} was of a lab that this LAB_HOME knows nothing of; lab has replaced it: "10.0.0.2\\tcore-02"`,
    ]);
    await undoAll();
    expect(await readFile(file, 'utf8')).toBe(original);
  });

  it('of an older lab, whose journal does not tell the lines, goes as a whole', async () => {
    await write('10.0.0.1');
    await journal.append({ kind: 'hosts-block', file, lab: 'coreos' });
    await edit('# <<<', '10.9.9.9 db\n# <<<');
    await undoAll();
    expect(await readFile(file, 'utf8')).toBe(original);
  });
});

describe('the network', () => {
  it("is asked for as this lab's of this LAB_HOME, and what is left is shown", async () => {
    const asked: unknown[] = [];
    fake = run({
      removeNetwork: (network, owner) => {
        asked.push(network, owner);
        return Promise.resolve({ outcome: 'left', why: 'it is of somebody else' });
      },
    });
    await journal.append({ kind: 'network', provider: 'docker', name: 'chapterlab-coreos' });
    expect(await undoAll()).toEqual([{ status: 'unchanged', warnings: ['it is of somebody else'] }]);
    expect(asked).toEqual([
      { kind: 'network', provider: 'docker', name: 'chapterlab-coreos' },
      { lab: 'coreos', home: dir },
    ]);
    expect(await journal.open()).toEqual([]);
  });

  it('that cannot be removed stays to be removed', async () => {
    fake = run({ removeNetwork: () => Promise.reject(new Error('db is on it')) });
    await journal.append({ kind: 'network', provider: 'docker', name: 'chapterlab-coreos' });
    await expect(undoAll()).rejects.toThrow('db is on it');
    expect(await journal.open()).toHaveLength(1);
  });
});
