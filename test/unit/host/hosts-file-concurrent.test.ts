import { execFile } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const isRoot = process.geteuid?.() === 0;
const nobody = 65_534;
let dir: string;
let file: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-writers-'));
  chmodSync(dir, 0o755);
  await build({
    entryPoints: [fileURLToPath(new URL('../../support/hosts-writer.ts', import.meta.url))],
    outfile: join(dir, 'writer.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});
beforeEach(async () => {
  const etc = await mkdtemp(join(dir, 'etc-'));
  file = join(etc, 'hosts');
  writeFileSync(file, '127.0.0.1 localhost\n');
});

/** Runs to its end; rejects with what it says where its block was lost, or came back. */
async function writer(lab: number, home: string, rounds: number, uid?: number): Promise<void> {
  const args = [join(dir, 'writer.mjs'), file, home, `lab${String(lab)}`, String(rounds)];
  await promisify(execFile)(process.execPath, args, uid === undefined ? {} : { uid, gid: uid });
}

describe('processes that write one hosts file at the same time', () => {
  it('lose nothing of each other, nor of what another program appends, whatever their LAB_HOME', async () => {
    let isDone = false;
    const labs = Array.from({ length: 8 }, (_, lab) => writer(lab, `${file}-home${String(lab % 4)}`, 20));
    const all = Promise.all(labs).finally(() => {
      isDone = true;
    });
    const theirs: string[] = [];
    const append = async (): Promise<void> => {
      while (!isDone) {
        theirs.push(`10.1.1.${String(theirs.length)} theirs`);
        appendFileSync(file, `${theirs.at(-1) ?? ''}\n`);
        // The pace of the other program, which waits for nothing.
        await setTimeout(50);
      }
    };
    await Promise.all([all, append()]);
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    expect(lines.sort()).toEqual(['127.0.0.1 localhost', ...theirs].sort());
  }, 30_000);

  it.runIf(isRoot && process.platform === 'linux')(
    'lose nothing of each other where they are of different users (needs root)',
    async () => {
      // As root it is renamed; nobody may write it, but has to do so in place.
      chmodSync(file, 0o666);
      chmodSync(join(file, '..'), 0o777);
      const homes = [0, nobody].map((uid) => {
        mkdirSync(`${file}-home-${String(uid)}`, { mode: 0o777 });
        chmodSync(`${file}-home-${String(uid)}`, 0o777);
        return `${file}-home-${String(uid)}`;
      });
      const labs = Array.from({ length: 4 }, (_, lab) =>
        writer(lab, homes[lab % 2] ?? '', 10, [0, nobody][lab % 2]),
      );
      await Promise.all(labs);
      expect(readFileSync(file, 'utf8')).toBe('127.0.0.1 localhost\n');
      expect(statSync(file)).toMatchObject({ uid: 0, mode: 0o100_666 });
    },
    30_000,
  );
});
