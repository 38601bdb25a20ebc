import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allowRange } from '../../../src/cli/allow-range.ts';
import { findAllowedRanges } from '../../../src/cli/allowed-range-leftovers.ts';
import { SharedJournal } from '../../../src/host/shared-journal.ts';
import type { SharedChangeOf } from '../../../src/host/shared-change.ts';
import { systemClock } from '../../../src/io/clock.ts';
import type { Exec } from '../../../src/io/exec.ts';
import type { FoundLeftover } from '../../../src/model/leftover.ts';

const book = '172.17.8.0/24';
const added = '* 192.168.56.0/21 fe80::/10 172.17.8.0/24';
const isRoot = process.geteuid?.() === 0;
const { signal } = new AbortController();

let dir: string;
let file: string;
let journal: SharedJournal;
let tools: { home: string; exec: Exec; clock: typeof systemClock };
let asked: string[];
/** Networks that are there or that labs want. */
let subnets: string[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-range-'));
  file = join(dir, 'etc', 'vbox', 'networks.conf');
  await mkdir(join(dir, 'etc'));
  asked = [];
  subnets = [];
  const exec: Exec = (command) => Promise.reject(new Error(`unexpected ${command}`));
  tools = { home: join(dir, 'lab'), exec, clock: systemClock };
  journal = new SharedJournal(tools.home, systemClock);
});
afterEach(() => rm(dir, { recursive: true }));

const confirm = (question: string): Promise<boolean> => {
  asked.push(question.replaceAll(dir, ''));
  return Promise.resolve(true);
};
const allow = (): Promise<boolean> => allowRange({ file, subnet: book, confirm, tools, signal });
const find = async (): ReturnType<typeof findAllowedRanges> => {
  const entries = (await journal.open()) as Parameters<typeof findAllowedRanges>[0]['entries'];
  return findAllowedRanges({ entries, subnets: () => Promise.resolve(subnets), confirm, tools });
};
async function undo(): Promise<FoundLeftover> {
  const [found] = (await find()).found;
  if (found === undefined) throw new Error('nothing is found');
  await found.remove?.(signal);
  return found;
}
const text = (): string => readFileSync(file, 'latin1');

describe('the line of networks.conf', () => {
  it.each([
    ['no folder', undefined, false],
    ['no file', undefined, true],
    ['an empty file', '', true],
    ['comments without an end', '# \xff mine', true],
    ['ranges with other ends', '* 10.0.0.0/8\r\n\n\n', true],
  ])('goes again, and byte for byte all is as it was with %s', async (_what, before, hasFolder) => {
    if (hasFolder) await mkdir(dirname(file));
    if (before !== undefined) await writeFile(file, before, { encoding: 'latin1', mode: 0o640 });
    expect(await allow()).toBe(true);
    expect(text()).toMatch(/172\.17\.8\.0\/24\n$/);
    expect(asked).toEqual([expect.stringContaining('172.17.8.0/24\nGo on?') as string]);
    expect((await undo()).leftover).toMatchObject({ standing: 'shared', where: file });
    expect(existsSync(dirname(file))).toBe(hasFolder);
    expect(existsSync(file) ? text() : undefined).toBe(before);
    if (before !== undefined) expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(tools.home)).toEqual(['journal.jsonl']);
  });

  it('is added only where it is needed and wanted', async () => {
    const declined = (): Promise<boolean> => Promise.resolve(false);
    expect(await allowRange({ file, subnet: book, confirm: declined, tools, signal })).toBe(false);
    expect(existsSync(tools.home)).toBe(false);
    expect([await allow(), await allow()]).toEqual([true, false]);
    expect(await journal.open()).toHaveLength(1);
  });

  it('is not certain where a run was killed after writing it down: somebody may have added it by hand', async () => {
    const change: SharedChangeOf<'allowed-range'> = { kind: 'allowed-range', file, line: added };
    await expect(journal.record(change, () => Promise.reject(new Error('killed')))).rejects.toThrow();
    await mkdir(dirname(file));
    await writeFile(file, `${added}\n`);
    expect((await find()).found[0]?.leftover.standing).toBe('uncertain');
  });

  it('is taken for gone where somebody changed it, and what others added stays', async () => {
    await allow();
    await appendFile(file, '* 10.0.0.0/8\n');
    const [before] = (await find()).found;
    const theirs = text().replace('172.17.8.0/24', '172.16.0.0/12');
    await writeFile(file, theirs);
    // Also where that happens after it was found.
    await before?.remove?.(signal);
    expect(text()).toBe(theirs);
    expect(await find()).toEqual({ found: [], gone: [1] });
    await writeFile(file, `# theirs\n${added}\n* 10.0.0.0/8\n`);
    await undo();
    expect(text()).toBe('# theirs\n* 10.0.0.0/8\n');
  });

  it.each([
    ['a network in the range', book, true],
    ["a network in VirtualBox's own range that only this line still names", '192.168.57.0/24', true],
    ['a network that another line allows', '10.1.2.0/24', false],
    ['a network that was never allowed', '172.18.0.0/24', false],
  ])('with %s is kept: %s %s', async (_what, subnet, kept) => {
    await allow();
    await appendFile(file, '* 10.0.0.0/8\n');
    const [found] = (await find()).found;
    subnets = [subnet];
    expect((await find()).found).toHaveLength(kept ? 0 : 1);
    // It may have come to be there since it was found.
    const removing = found?.remove?.(signal);
    if (kept) await expect(removing).rejects.toThrow(`${subnet} has come to need it`);
    else await removing;
    expect(text().includes(added)).toBe(kept);
  });
});

describe('a networks.conf that only root may write', () => {
  let etc: string;
  let calls: string[];
  // As somebody who is not root: the file's permissions would mean nothing to root.
  beforeEach(() => {
    etc = join(dir, 'etc');
    calls = [];
    tools = { ...tools, exec: sudo };
    if (!isRoot) return;
    for (const path of [dir, etc]) chownSync(path, 65_534, 65_534);
    process.seteuid?.(65_534);
  });
  afterEach(() => {
    if (isRoot) process.seteuid?.(0);
    for (const path of [etc, dirname(file)]) if (existsSync(path)) chmodSync(path, 0o755);
  });
  const lock = (): void => {
    const paths = [file, dirname(file), etc].filter((path) => existsSync(path));
    for (const path of paths) chmodSync(path, path === file ? 0o444 : 0o555);
  };
  /** Does what sudo would: the command itself, with the folders writable while it runs. */
  const sudo: Exec = async (program, args) => {
    expect(program).toBe('sudo');
    const [name = '', ...rest] = args.slice(2);
    calls.push([name, ...rest].join(' ').replaceAll(dir, ''));
    for (const path of [etc, dirname(file), file]) {
      if (existsSync(path)) chmodSync(path, path === file ? 0o644 : 0o755);
    }
    const exitCode = await new Promise<number>((resolve) => {
      execFile(name, rest, (error) => {
        resolve(error === null ? 0 : 1);
      });
    });
    lock();
    return { command: `sudo ${name}`, exitCode, stdout: '', stderr: '', timedOut: false, notFound: false };
  };

  it('loses the line by sudo after asking, and keeps every byte of others', async () => {
    mkdirSync(dirname(file));
    writeFileSync(file, '# \xff', 'latin1');
    lock();
    await allow();
    calls = [];
    await undo();
    expect(text()).toBe('# \xff');
    expect(calls.map((call) => call.split(' ')[0])).toEqual(['true', 'cp']);
    expect(asked.at(-1)).toBe(
      `A line is to be removed from /etc/vbox/networks.conf with sudo:\n  ${added}\nGo on?`,
    );
  });

  it('goes by sudo with its folder where lab made both', async () => {
    lock();
    await allow();
    calls = [];
    await undo();
    expect(calls).toEqual(['true', 'rm -f -- /etc/vbox/networks.conf', 'rmdir -- /etc/vbox']);
    expect(readdirSync(etc)).toEqual([]);
  });

  it('is in the journal before sudo is called; where sudo is refused the entry is dropped', async () => {
    lock();
    let during: unknown;
    const refused: Exec = async () => {
      during = await journal.open();
      return { command: 'sudo x', exitCode: 1, stdout: '', stderr: '', timedOut: false, notFound: false };
    };
    tools = { ...tools, exec: refused };
    await expect(allow()).rejects.toMatchObject({ code: 'LAB_RANGE_REFUSED' });
    const change = { kind: 'allowed-range', file, line: added, createsFile: true, createsFolder: true };
    expect(during).toEqual([{ id: 1, at: expect.any(String) as string, change, done: false }]);
    expect(await find()).toEqual({ found: [], gone: [1] });
  });
});
