import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SharedChange } from '../../../src/host/shared-change.ts';
import { SharedJournal } from '../../../src/host/shared-journal.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { sharedJournalPath } from '../../../src/state/lab-home.ts';

const image = (name: string): SharedChange => ({ kind: 'image', provider: 'docker', engine: 'E', name });

let dir: string;
let home: string;
let things: string;
let journal: SharedJournal;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-shared-'));
  home = join(dir, 'home');
  things = join(dir, 'things');
  await mkdir(things);
  journal = new SharedJournal(home, systemClock);
});
afterEach(() => rm(dir, { recursive: true }));

const lines = (): string[] => readFileSync(sharedJournalPath(home), 'utf8').trimEnd().split('\n');
const names = async (): Promise<string[]> =>
  (await journal.open()).map(({ change, done }) => `${change.kind === 'image' ? change.name : '?'} ${done}`);

/** A lab of its own process. */
class Lab {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  constructor() {
    const script = new URL('shared-journal-child.ts', import.meta.url).pathname;
    this.#process = spawn(process.execPath, ['--import', 'tsx', script, home, things], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async answer(): Promise<string> {
    return String((await this.#answers.next()).value);
  }

  async make(name: string): Promise<string> {
    this.#process.stdin.write(`${name}\n`);
    return this.answer();
  }

  async crash(name: string, when: 'crash-before' | 'crash-after'): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.stdin.write(`${name} ${when}\n`);
    expect(await ended).toEqual([null, 'SIGKILL']);
  }

  async finish(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.stdin.end();
    await ended;
  }
}

describe('one lab', () => {
  it('has a change on disk before it is made, and what came of it afterwards', async () => {
    const seen = await journal.record(image('node'), () => journal.open(), {
      identify: () => Promise.resolve('sha256:1'),
    });
    expect(seen).toMatchObject([{ id: 1, change: image('node'), done: false }]);
    expect(await journal.open()).toMatchObject([{ id: 1, done: true, made: 'sha256:1' }]);
    expect((await stat(sharedJournalPath(home))).mode & 0o777).toBe(0o600);
    expect(existsSync(join(home, 'host.lock'))).toBe(false);
  });

  it('keeps the entry of what failed, and does not write it twice', async () => {
    const fails = (): Promise<void> => Promise.reject(new Error('disk full'));
    await expect(journal.record(image('node'), fails)).rejects.toThrow('disk full');
    expect(await names()).toEqual(['node false']);
    await journal.record(image('node'), () => Promise.resolve());
    expect([await names(), lines().length]).toEqual([['node true'], 2]);
  });

  it('begins anew with what was made before and is gone: a crash now must not take the new one for that', async () => {
    await journal.record(image('node'), () => Promise.resolve(), { identify: () => Promise.resolve('1') });
    const during = await journal.record(image('node'), () => journal.open());
    expect(during).toMatchObject([{ id: 2, done: false }]);
    expect(during[0]).not.toHaveProperty('made');
  });

  it('writes down again what somebody took out of the journal while it was made', async () => {
    await journal.record(image('node'), async () => {
      await journal.markUndone([1]);
    });
    expect(await journal.open()).toMatchObject([{ id: 2, done: true }]);
  });

  it('makes nothing where the journal is damaged, and says what to do', async () => {
    await journal.record(image('node'), () => Promise.resolve());
    await appendFile(sharedJournalPath(home), 'spilt coffee\n');
    const make = (): Promise<void> => Promise.reject(new Error('it was made'));
    await expect(journal.record(image('other'), make)).rejects.toMatchObject({
      code: 'LAB_STATE_INVALID',
      message: `The journal ${sharedJournalPath(home)} cannot be used: line 3 is no entry of a journal.`,
      details: { hint: expect.stringContaining(`mv '${sharedJournalPath(home)}'`) as string },
    });
    await expect(journal.open()).rejects.toMatchObject({ code: 'LAB_STATE_INVALID' });
  });
});

describe('two labs, each a process', () => {
  it('write it at once: no line is lost or torn, no number is given twice, no change is written twice', async () => {
    const labs = [new Lab(), new Lab()];
    try {
      await Promise.all(labs.map((lab) => lab.answer()));
      const turns = Array.from({ length: 8 }, (_, turn) => turn);
      await Promise.all(
        labs.map(async (lab, index) => {
          for (const turn of turns) {
            await lab.make(`own-${index}-${turn}`);
            await lab.make(`common-${turn}`);
          }
        }),
      );
    } finally {
      await Promise.all(labs.map((lab) => lab.finish()));
    }
    const open = await journal.open();
    const made = await names();
    expect(made).toHaveLength(24);
    expect(new Set(made).size).toBe(24);
    expect(made.every((name) => name.endsWith(' true'))).toBe(true);
    expect(new Set(open.map(({ id }) => id)).size).toBe(24);
    const begun = lines().map((line) => JSON.parse(line) as { id: number; change?: unknown });
    const ids = begun.flatMap(({ id, change }) => (change === undefined ? [] : [id]));
    expect(new Set(ids).size).toBe(ids.length);
  }, 20_000);

  it('one is killed between journal and change, and after it: the other goes on', async () => {
    const labs = [new Lab(), new Lab(), new Lab()] as const;
    await Promise.all(labs.map((lab) => lab.answer()));
    await labs[0].crash('before', 'crash-before');
    await labs[1].crash('after', 'crash-after');
    expect(await names()).toEqual(['after false', 'before false']);
    expect([existsSync(join(things, 'before')), existsSync(join(things, 'after'))]).toEqual([false, true]);
    await labs[2].make('before');
    await labs[2].finish();
    expect(await names()).toEqual(['after false', 'before true']);
    expect(lines()).toHaveLength(3);
  }, 20_000);
});
