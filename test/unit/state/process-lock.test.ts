import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/io/clock.ts';
import { identify } from '../../../src/io/process-table.ts';
import { lockLab } from '../../../src/state/lab-lock.ts';
import { acquireLock, LockHeldError } from '../../../src/state/process-lock.ts';

let dir: string;
let path: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-lock-'));
  path = join(dir, 'x.lock');
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

const acquire = (): ReturnType<typeof acquireLock> =>
  acquireLock({ path, command: 'up', clock: systemClock });

/** A process that tries when asked. */
class Contender {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(counter: string) {
    const script = new URL('lock-child.ts', import.meta.url).pathname;
    this.#process = spawn(process.execPath, ['--import', 'tsx', script, path, counter], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async answer(): Promise<string> {
    return String((await this.#lines.next()).value);
  }

  ask(line: 'try' | 'count'): Promise<string> {
    this.#process.stdin.write(`${line}\n`);
    return this.answer();
  }

  async kill(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  /** Lets it end by itself. */
  async finish(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.stdin.end();
    await ended;
  }
}

describe('one process', () => {
  it('holds the lock until it releases it and leaves no file', async () => {
    const lock = await acquire();
    const held = await acquire().catch((error: unknown) => error);
    expect(held).toBeInstanceOf(LockHeldError);
    expect((held as LockHeldError).owner).toMatchObject({ pid: process.pid, command: 'up' });
    lock.release();
    lock.release();
    (await acquire()).release();
    expect(await readdir(dir)).toEqual([]);
  });

  it('does not release a lock that is no longer its own', async () => {
    const lock = await acquire();
    const content = await readFile(path, 'utf8');
    const other = content.replace(/"nonce":"\w+"/, '"nonce":"other"');
    await writeFile(path, other);
    lock.release();
    expect(await readFile(path, 'utf8')).toBe(other);
  });

  it('counts a lock of an earlier version, which knows of no boot, as held while its process runs', async () => {
    const owner = { ...identify(process.pid), bootId: undefined, command: 'up', since: '', nonce: 'a' };
    await writeFile(path, JSON.stringify(owner));
    await expect(acquire()).rejects.toThrow(LockHeldError);
  });

  it('says what is in its place where that is no file, and leaves it', async () => {
    await mkdir(path);
    await expect(acquire()).rejects.toThrow(/^(EISDIR|EPERM|ENOTEMPTY)\b/);
    expect(await readdir(dir)).toEqual(['x.lock']);
  });

  it.each([
    ['whose process is gone', { pid: 4_194_303, command: 'up', since: '', nonce: 'a' }],
    [
      'whose process id is another process now',
      { pid: process.pid, startTime: '1', command: 'up', since: '', nonce: 'a' },
    ],
    [
      'of another boot, though the process id and start time are those of a process that runs',
      { ...identify(process.pid), bootId: 'another', command: 'up', since: '', nonce: 'a' },
    ],
    ['that is no JSON', '{"pid":12'],
    ['that says nothing', ''],
  ])('takes over a lock %s, also when a takeover was cut off', async (_, stale) => {
    await writeFile(path, typeof stale === 'string' ? stale : JSON.stringify(stale));
    await writeFile(`${path}.takeover`, typeof stale === 'string' ? stale : JSON.stringify(stale));
    await writeFile(join(dir, '.x.lock.lab-4194303-00000000.tmp'), 'left by a killed run');
    (await acquire()).release();
    expect(await readdir(dir)).toEqual([]);
  });
});

describe('a lab', () => {
  it('says who is at work on it', async () => {
    const clock = { ...systemClock, now: () => Date.parse('2024-05-01T18:00:00Z') };
    const request = { home: join(dir, 'home'), lab: 'coreos', command: 'up', clock };
    const lock = await lockLab(request);
    await expect(lockLab({ ...request, command: 'destroy' })).rejects.toMatchObject({
      code: 'LAB_STATE_LOCKED',
      exitCode: 4,
      message: `Lab coreos is in use: process ${String(process.pid)} (lab up) has been at work on it since 2024-05-01T18:00:00.000Z.`,
    });
    (await lockLab({ ...request, lab: 'dokku' })).release();
    lock.release();
  });

  it('says why the lock cannot be written', async () => {
    await writeFile(join(dir, 'file'), '');
    const request = { home: join(dir, 'file'), lab: 'coreos', command: 'up', clock: systemClock };
    await expect(lockLab(request)).rejects.toMatchObject({ code: 'LAB_STATE_UNWRITABLE' });
  });
});

describe('twenty processes', () => {
  it('race for a stale lock: one wins each time its holder is killed, and no update under the lock is lost', async () => {
    const counter = join(dir, 'counter');
    await writeFile(counter, '0');
    await writeFile(path, JSON.stringify({ pid: 4_194_303, command: 'up', since: '', nonce: 'a' }));
    let contenders = Array.from({ length: 20 }, () => new Contender(counter));
    try {
      await Promise.all(contenders.map((each) => each.answer()));
      for (let round = 0; round < 12; round += 1) {
        const answers = await Promise.all(contenders.map((each) => each.ask('try')));
        const winners = contenders.filter((_, index) => answers[index] === 'won');
        expect(winners).toHaveLength(1);
        const [winner] = winners as [Contender];
        expect(new Set(answers)).toEqual(new Set(['won', `held ${String(winner.pid)}`]));
        await winner.kill();
        contenders = contenders.filter((each) => each !== winner);
      }
      await Promise.all(contenders.map((each) => each.ask('count')));
      expect(await readFile(counter, 'utf8')).toBe(String(contenders.length * 5));
    } finally {
      await Promise.all(contenders.map((each) => each.finish()));
    }
    expect(await readdir(dir)).toEqual(['counter']);
  }, 120_000);

  it('release on exit what they still hold', async () => {
    const holder = new Contender('');
    await holder.answer();
    expect(await holder.ask('try')).toBe('won');
    await holder.finish();
    expect(await readdir(dir)).toEqual([]);
  });
});
