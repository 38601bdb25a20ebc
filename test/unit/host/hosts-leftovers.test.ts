import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findHostsLeftovers } from '../../../src/host/hosts-leftovers.ts';
import type { FoundLeftover } from '../../../src/model/leftover.ts';

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-hosts-'));
  file = join(dir, 'hosts');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const block = (lab: string, ...lines: string[]): string =>
  [`# >>> lab ${lab} >>> managed by lab; do not edit`, ...lines, `# <<< lab ${lab} <<<`, ''].join('\n');

const removed: string[] = [];
const find = (): Promise<FoundLeftover[]> =>
  findHostsLeftovers({
    home: '/home/u/labs',
    files: [file, join(dir, 'none')],
    isAlive: (lab) => Promise.resolve(lab === 'alive'),
    removeBlock: (path, lab) => {
      removed.push(`${lab} of ${path}`);
      return Promise.resolve();
    },
  });

it('is not certain of blocks of labs that are not here, and only shows a damaged one', async () => {
  const text = `127.0.0.1\tlocalhost\n${block('alive', '1.2.3.4\ta')}${block('gone', '1.2.3.5\tb', '1.2.3.6\tc')}`;
  await writeFile(file, `${text}# >>> lab cut >>> managed by lab; do not edit\n`);
  const found = await find();
  expect(found.map(({ leftover }) => leftover)).toEqual([
    {
      ...{ standing: 'uncertain', what: 'hosts block gone', where: file, lab: 'gone' },
      why: '2 lines; there is no lab gone here; another user may have one',
    },
    {
      ...{ standing: 'uncertain', what: 'hosts block cut', where: file, lab: 'cut' },
      why: 'it is damaged: the block begins here but does not end',
      advice: `remove it by hand, its marker lines included (${file}:9)`,
    },
  ]);
  expect(found.map(({ owner }) => owner)).toEqual([{ home: '/home/u/labs', lab: 'gone' }, undefined]);
  expect(found[1]?.remove).toBeUndefined();
  await found[0]?.remove?.(new AbortController().signal);
  expect(removed).toEqual([`gone of ${file}`]);
});

it('finds what a killed run left beside the file, and not what a living one is writing', async () => {
  await writeFile(file, '127.0.0.1\tlocalhost\n');
  const killed = `.hosts.lab-${2 ** 30}-0123abcd.tmp`;
  const living = `.hosts.lab-${process.pid}-0123abcd.tmp`;
  for (const name of [killed, living, `.other.lab-${2 ** 30}-0123abcd.tmp`])
    await writeFile(join(dir, name), 'x');
  const found = await find();
  expect(found.map(({ leftover }) => leftover.where)).toEqual([join(dir, killed)]);
  await found[0]?.remove?.(new AbortController().signal);
  expect(await readdir(dir)).not.toContain(killed);
  expect(await readFile(file, 'utf8')).toBe('127.0.0.1\tlocalhost\n');
});
