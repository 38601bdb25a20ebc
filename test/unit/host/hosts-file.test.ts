import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  linkSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostsFile, needsSudo } from '../../../src/host/hosts-file.ts';
import type { HostsChange, HostsFileOptions } from '../../../src/host/hosts-file.ts';
import { rewriteFile } from '../../../src/host/rewrite-file.ts';
import { systemClock } from '../../../src/io/clock.ts';
import type { Exec, ExecResult } from '../../../src/io/exec.ts';

const isRoot = process.geteuid?.() === 0;
const original = '127.0.0.1 localhost\n::1 localhost';
const entries = [
  { address: '172.17.8.101', names: ['core-01'] },
  { address: '10.0.0.2', names: ['dokku', 'dokku.me'] },
];
const lines = ['172.17.8.101\tcore-01', '10.0.0.2\tdokku dokku.me'];

let dir: string;
let file: string;

// As somebody who is not root: the file's permissions would mean nothing to root.
beforeEach(async () => {
  if (isRoot) process.seteuid?.(65_534);
  dir = await mkdtemp(join(tmpdir(), 'lab-hosts-'));
  file = join(dir, 'etc', 'hosts');
  await mkdir(join(dir, 'etc'));
  await mkdir(join(dir, 'lab'));
  await writeFile(file, original);
  await chmod(file, 0o664);
});
afterEach(async () => {
  await chmod(join(dir, 'etc'), 0o700);
  await rm(dir, { recursive: true });
  if (isRoot) process.seteuid?.(0);
});

const unexpected: Exec = (command) => Promise.reject(new Error(`unexpected ${command}`));

function hosts(options: Partial<HostsFileOptions> = {}): HostsFile {
  return new HostsFile({
    file,
    lab: 'coreos',
    labDir: join(dir, 'lab'),
    lockPath: join(dir, 'hosts.lock'),
    exec: unexpected,
    clock: systemClock,
    confirm: () => Promise.reject(new Error('unexpected question')),
    ...options,
  });
}

const read = (): string => readFileSync(file, 'utf8');
const leftovers = (): string[] => [...readdirSync(join(dir, 'etc')), ...readdirSync(join(dir, 'lab'))];

async function roundTrip(block: HostsFile): Promise<void> {
  expect(await block.inspect(entries)).toBe('absent');
  expect(await block.write(entries)).toBe('changed');
  expect(read().startsWith(`${original}\n# >>> lab coreos`)).toBe(true);
  for (const line of lines) expect(read().split('\n')).toContain(line);
  expect(await block.inspect(entries)).toBe('current');
  expect(await block.inspect(entries.slice(1))).toBe('stale');
  expect(await block.write(entries)).toBe('unchanged');
  expect(await block.remove()).toBe('changed');
  expect(await block.remove()).toBe('unchanged');
  expect(read()).toBe(original);
}

describe('a file that this user may write', () => {
  it('gets the block and, byte for byte, loses it again, with its mode kept and nothing left beside it', async () => {
    await roundTrip(hosts());
    expect(statSync(file).mode & 0o777).toBe(0o664);
    expect(leftovers()).toEqual(['hosts']);
  });

  it('is written where a symbolic link leads', async () => {
    symlinkSync('etc/hosts', join(dir, 'link'));
    await roundTrip(hosts({ file: join(dir, 'link') }));
    expect(readFileSync(join(dir, 'link'), 'utf8')).toBe(original);
  });

  it('stays one file with its other names, and is written in place where its folder is not ours', async () => {
    linkSync(file, join(dir, 'other'));
    await roundTrip(hosts());
    expect(statSync(file).ino).toBe(statSync(join(dir, 'other')).ino);
    await rm(join(dir, 'other'));
    await chmod(join(dir, 'etc'), 0o555);
    const { ino } = statSync(file);
    await roundTrip(hosts());
    expect(statSync(file).ino).toBe(ino);
    expect(leftovers()).toEqual(['hosts']);
  });

  it('is made, and removed again if nothing else is in it', async () => {
    await rm(file);
    await hosts().write(entries);
    await hosts().write(entries.slice(1));
    expect(await hosts().inspect(entries.slice(1))).toBe('current');
    await hosts().remove();
    expect(leftovers()).toEqual([]);
  });

  it('loses what a killed run left beside it', async () => {
    const stale = join(dir, 'etc', '.hosts.lab-4194303-0123abcd.tmp');
    writeFileSync(stale, '');
    expect(await hosts().remove()).toBe('unchanged');
    await rm(file);
    writeFileSync(stale, '');
    expect(await hosts().remove()).toBe('unchanged');
    expect(leftovers()).toEqual([]);
  });

  it('keeps what other labs and other programs write at the same time', async () => {
    const labs = ['one', 'two', 'three', 'four'].map((lab) => hosts({ lab }));
    await Promise.all(labs.map((lab) => lab.write(entries)));
    for (const lab of labs) expect(await lab.inspect(entries)).toBe('current');
    await Promise.all(labs.map((lab) => lab.remove()));
    expect(read()).toBe(original);
  });

  it('keeps lines that somebody else put into the block, shows them, and leaves them when the block goes', async () => {
    await hosts().write(entries);
    const own = read();
    writeFileSync(file, own.replace(`${lines[0]}\n`, `10.9.9.9 db\n${lines[0]}\n# mine\n`));
    const shown: (readonly string[])[] = [];
    const block = hosts({ ownLines: lines, onForeign: (foreign) => shown.push(foreign) });
    expect(await block.inspect(entries)).toBe('current');
    expect(await block.foreign(entries)).toEqual(['10.9.9.9 db', '# mine']);
    // The second line is still lab's: it wrote it and does not want it any more.
    expect(await block.inspect(entries.slice(0, 1))).toBe('stale');
    expect(await block.write(entries.slice(0, 1))).toBe('changed');
    expect(read()).toBe(own.replace(lines[1] ?? '', '10.9.9.9 db\n# mine'));
    expect(await block.write(entries.slice(0, 1))).toBe('unchanged');
    expect(await block.remove()).toBe('changed');
    expect(read()).toBe(`${original}\n10.9.9.9 db\n# mine\n`);
    expect(await block.remove()).toBe('unchanged');
    expect(shown).toEqual([1, 2, 3].map(() => ['10.9.9.9 db', '# mine']));
  });

  it('stays when lab made it and somebody has put a line into the block', async () => {
    await rm(file);
    await hosts().write(entries);
    writeFileSync(file, read().replace('# <<<', '10.9.9.9 db\n# <<<'));
    await hosts({ ownLines: lines }).remove();
    expect(read()).toBe('10.9.9.9 db\n');
  });

  it('is refused with the place when the block is damaged', async () => {
    await hosts().write(entries);
    const damaged = read().replace('# <<< lab coreos <<<\n', '');
    writeFileSync(file, damaged);
    expect(await hosts().inspect(entries)).toBe('damaged');
    for (const change of [() => hosts().write(entries), () => hosts().remove()]) {
      await expect(change()).rejects.toMatchObject({
        code: 'LAB_HOSTS_DAMAGED',
        message: expect.stringContaining(`does not end (${file}:3)`) as string,
      });
    }
    expect(read()).toBe(damaged);
  });
});

describe('a file that others change at the same time', () => {
  const rewrite = (meddle: (attempt: number) => void): ReturnType<typeof rewriteFile> => {
    let attempt = 0;
    const edit = (content: Buffer): Buffer => {
      meddle((attempt += 1));
      return content.includes('ours') ? content : Buffer.concat([content, Buffer.from('\nours')]);
    };
    return rewriteFile({
      file,
      edit,
      newFileMode: 0o644,
      backupPath: join(dir, 'lab', 'backup'),
      clock: systemClock,
    });
  };

  it.each(['renamed', 'in place'])('loses nothing (%s)', async (way) => {
    if (way === 'in place') linkSync(file, join(dir, 'other'));
    const meddle = (attempt: number): void => {
      if (attempt <= 2) writeFileSync(file, `${read()}\ntheirs ${String(attempt)}`);
    };
    expect(await rewrite(meddle)).toBe('changed');
    expect(read()).toBe(`${original}\ntheirs 1\ntheirs 2\nours`);
  });

  it('is given up after many tries, with nothing of ours in it', async () => {
    let count = 0;
    const meddle = (attempt: number): void => {
      count = attempt;
      writeFileSync(file, String(attempt));
    };
    await expect(rewrite(meddle)).rejects.toThrow('changed by another program each of 100 times');
    expect([count, read()]).toEqual([100, '100']);
  });
});

describe('a file that only root may write', () => {
  beforeEach(async () => {
    await chmod(file, 0o444);
    await chmod(join(dir, 'etc'), 0o555);
  });

  const result: ExecResult = {
    command: 'sudo x',
    exitCode: 0,
    stdout: '',
    stderr: '',
    timedOut: false,
    notFound: false,
  };

  /** Does what sudo would, and keeps what it was asked. */
  function fakeSudo(outcome: Partial<ExecResult> = {}): { exec: Exec; calls: string[][] } {
    const calls: string[][] = [];
    const exec: Exec = (command, args, options) => {
      expect(options?.interactive).toBe(true);
      calls.push([command, ...args]);
      const [, , what, , from, to] = args;
      if (what === 'cp' && outcome.exitCode === undefined && from !== undefined && to !== undefined) {
        chmodSync(to, 0o644);
        copyFileSync(from, to);
        chmodSync(to, 0o444);
      }
      return Promise.resolve({ ...result, ...outcome });
    };
    return { exec, calls };
  }

  it('is written with sudo after consent to exactly the change, and only then', async () => {
    expect(await needsSudo(file)).toBe(true);
    const asked: HostsChange[] = [];
    const confirm = (change: HostsChange): Promise<boolean> => {
      asked.push(change);
      return Promise.resolve(true);
    };
    const { exec, calls } = fakeSudo();
    await roundTrip(hosts({ exec, confirm }));
    expect(asked).toEqual([
      { file, added: lines, removed: [] },
      { file, added: [], removed: lines },
    ]);
    const prompt = `--prompt=[sudo] password of %p to let lab change ${file}: `;
    const copy = ['sudo', prompt, '--', 'cp', '--', join(dir, 'lab', 'hosts.staged'), file];
    expect(calls).toEqual([['sudo', prompt, '--', 'true'], copy, ['sudo', prompt, '--', 'true'], copy]);
    expect(leftovers()).toEqual(['hosts']);
  });

  it('is not said to lose a line that stays', async () => {
    const asked: HostsChange[] = [];
    const confirm = (change: HostsChange): Promise<boolean> => {
      asked.push(change);
      return Promise.resolve(true);
    };
    const { exec } = fakeSudo();
    await hosts({ exec, confirm }).write(entries);
    chmodSync(file, 0o644);
    writeFileSync(file, read().replace('# <<<', '10.9.9.9 db\n# <<<'));
    chmodSync(file, 0o444);
    await hosts({ exec, confirm, ownLines: lines }).remove();
    expect(asked.at(-1)).toEqual({ file, added: [], removed: lines });
    expect(read()).toBe(`${original}\n10.9.9.9 db\n`);
  });

  it('keeps what somebody wrote while the password was typed', async () => {
    const { exec } = fakeSudo();
    let questions = 0;
    const confirm = (): Promise<boolean> => {
      questions += 1;
      if (questions === 1) {
        chmodSync(file, 0o644);
        writeFileSync(file, '1.2.3.4 theirs\n');
        chmodSync(file, 0o444);
      }
      return Promise.resolve(true);
    };
    await hosts({ exec, confirm }).write(entries);
    expect(read()).toMatch(/^1\.2\.3\.4 theirs\n# >>> lab coreos >>>/);
  });

  it.each([
    ['consent is refused', false, {}, 'sudo was declined'],
    ['sudo is refused', true, { exitCode: 1 }, 'sudo was refused or failed'],
    ['there is no sudo', true, { exitCode: 127, notFound: true }, 'sudo is not installed'],
  ])('stays as it is when %s', async (_, consent, outcome, reason) => {
    const { exec, calls } = fakeSudo(outcome);
    const block = hosts({ exec, confirm: () => Promise.resolve(consent) });
    await expect(block.write(entries)).rejects.toMatchObject({
      code: 'LAB_HOSTS_UNWRITABLE',
      message: expect.stringContaining(`${file} was not changed: ${reason}`) as string,
    });
    expect(calls).toHaveLength(consent ? 1 : 0);
    expect(read()).toBe(original);
    expect(leftovers()).toEqual(['hosts']);
  });

  it('is an error when sudo says that it wrote and did not', async () => {
    const exec: Exec = () => Promise.resolve(result);
    const block = hosts({ exec, confirm: () => Promise.resolve(true) });
    await expect(block.write(entries)).rejects.toMatchObject({ code: 'LAB_HOSTS_UNWRITABLE' });
  });
});

describe.runIf(isRoot && process.platform === 'linux')('a file that is a mount of its own', () => {
  it('as /etc/hosts is in a container is written in place', async () => {
    process.seteuid?.(0);
    const source = (name: string): string => new URL(`../../../src/${name}.ts`, import.meta.url).href;
    const script = `
      import { readFileSync } from 'node:fs';
      import { HostsFile } from '${source('host/hosts-file')}';
      import { systemClock } from '${source('io/clock')}';
      const unexpected = () => Promise.reject(new Error('unexpected'));
      const hosts = new HostsFile({ file: '${file}', lab: 'coreos', labDir: '${dir}/lab', lockPath: '${dir}/l',
        exec: unexpected, confirm: unexpected, clock: systemClock });
      const outcomes = [await hosts.write(${JSON.stringify(entries)}), await hosts.inspect(${JSON.stringify(entries)})];
      outcomes.push(readFileSync('${dir}/mounted', 'utf8') === readFileSync('${file}', 'utf8'), await hosts.remove());
      console.log(outcomes.join(' '));`;
    await writeFile(join(dir, 'script.mts'), script);
    await writeFile(join(dir, 'mounted'), original);
    const mount = `mount --bind ${dir}/mounted ${file} && exec "$@"`;
    const command = [
      '-m',
      'sh',
      '-c',
      mount,
      'sh',
      process.execPath,
      '--import',
      'tsx',
      join(dir, 'script.mts'),
    ];
    const { stdout } = await promisify(execFile)('unshare', command);
    expect(stdout).toBe('changed current true changed\n');
    expect(readFileSync(join(dir, 'mounted'), 'utf8')).toBe(original);
    expect(read()).toBe(original);
    expect(leftovers()).toEqual(['hosts']);
  });
});
