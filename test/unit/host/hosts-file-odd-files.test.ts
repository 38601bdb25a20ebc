import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostsFile, needsSudo, systemHostsFile } from '../../../src/host/hosts-file.ts';
import { replaceBlock } from '../../../src/host/block.ts';
import { socketName } from '../../../src/host/machine-lock.ts';
import { SshInclude } from '../../../src/host/ssh-include.ts';
import { systemClock } from '../../../src/io/clock.ts';

const isRoot = process.geteuid?.() === 0;
const isLinuxRoot = isRoot && process.platform === 'linux';
const run = (program: string, ...args: string[]): void => {
  execFileSync(program, args, { stdio: 'ignore' });
};
const original = '127.0.0.1 localhost\n::1 localhost';
const entries = [{ address: '172.17.8.101', names: ['core-01'] }];

let dir: string;
let file: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-odd-'));
  file = join(dir, 'etc', 'hosts');
  for (const folder of ['etc', 'lab', 'home']) mkdirSync(join(dir, folder));
  writeFileSync(file, original);
});
afterEach(async () => {
  if (isRoot) process.seteuid?.(0);
  await chmod(join(dir, 'etc'), 0o700);
  await rm(dir, { recursive: true });
});

function hosts(path: string = file, lab = 'coreos'): HostsFile {
  return new HostsFile({
    file: path,
    lab,
    labDir: join(dir, 'lab'),
    lockPath: join(dir, 'hosts.lock'),
    exec: (command) => Promise.reject(new Error(`unexpected ${command}`)),
    clock: systemClock,
    confirm: () => Promise.resolve(false),
  });
}

const read = (path: string = file): string => readFileSync(path, 'utf8');
const beside = (): string[] => [...readdirSync(join(dir, 'etc')), ...readdirSync(join(dir, 'lab'))].sort();

async function roundTrip(path: string = file): Promise<void> {
  expect(await hosts(path).write(entries)).toBe('changed');
  expect(read(path)).toContain('172.17.8.101\tcore-01\n');
  expect(await hosts(path).inspect(entries)).toBe('current');
  expect(await hosts(path).remove()).toBe('changed');
}

/** Refused with this text, and nothing is left of the attempt. */
async function expectRefusal(path: string, message: string, hint = ''): Promise<void> {
  const names = beside();
  await expect(hosts(path).write(entries)).rejects.toMatchObject({
    code: 'LAB_HOSTS_UNWRITABLE',
    message: expect.stringContaining(message) as string,
    ...(hint === '' ? {} : { details: { hint: expect.stringContaining(hint) as string } }),
  });
  expect(beside()).toEqual(names);
}

describe('a file behind symbolic links', () => {
  it('is changed where a chain of them ends, relative or not, and every link stays', async () => {
    mkdirSync(join(dir, 'a'));
    symlinkSync('../etc/hosts', join(dir, 'a', 'one'));
    symlinkSync(join(dir, 'a', 'one'), join(dir, 'two'));
    // As /etc of macOS, which is a link to /private/etc.
    symlinkSync('etc', join(dir, 'linked-etc'));
    for (const path of [join(dir, 'two'), join(dir, 'linked-etc', 'hosts')]) {
      await roundTrip(path);
      expect(read()).toBe(original);
    }
    expect(readlinkSync(join(dir, 'two'))).toBe(join(dir, 'a', 'one'));
    expect(lstatSync(join(dir, 'a', 'one')).isSymbolicLink()).toBe(true);
    expect(beside()).toEqual(['hosts']);
  });

  it('is made, and removed, where a dangling one leads', async () => {
    unlinkSync(file);
    symlinkSync('etc/hosts', join(dir, 'link'));
    await hosts(join(dir, 'link')).write(entries);
    expect(read()).toContain('core-01');
    await hosts(join(dir, 'link')).remove();
    expect([beside(), readlinkSync(join(dir, 'link'))]).toEqual([[], 'etc/hosts']);
    symlinkSync('nowhere/hosts', join(dir, 'lost'));
    await expectRefusal(join(dir, 'lost'), 'ENOENT');
    expect(await hosts(join(dir, 'lost')).remove()).toBe('unchanged');
    symlinkSync('loop', join(dir, 'loop'));
    await expectRefusal(join(dir, 'loop'), 'ELOOP');
  });
});

describe('a file that lab made', () => {
  it('goes with the last block, whichever that is', async () => {
    unlinkSync(file);
    for (const order of [
      ['one', 'two'],
      ['two', 'one'],
    ]) {
      await hosts(file, 'one').write(entries);
      await hosts(file, 'two').write(entries);
      for (const lab of order) await hosts(file, lab).remove();
      expect(beside()).toEqual([]);
    }
  });

  it('stays, empty, where its folder is read-only by then', async () => {
    if (isRoot) process.seteuid?.(65_534);
    const folder = await mkdtemp(join(tmpdir(), 'lab-odd-nobody-'));
    const made = join(folder, 'etc', 'hosts');
    for (const name of ['etc', 'lab']) mkdirSync(join(folder, name));
    const block = new HostsFile({
      file: made,
      lab: 'coreos',
      labDir: join(folder, 'lab'),
      lockPath: join(folder, 'lock'),
      exec: () => Promise.reject(new Error('unexpected')),
      clock: systemClock,
      confirm: () => Promise.reject(new Error('unexpected')),
    });
    await block.write(entries);
    chmodSync(join(folder, 'etc'), 0o555);
    expect([await block.remove(), read(made)]).toEqual(['changed', '']);
    chmodSync(join(folder, 'etc'), 0o700);
    await rm(folder, { recursive: true });
  });
});

describe('a read-only file', () => {
  it.runIf(isRoot)('is written by root, and stays read-only', async () => {
    chmodSync(file, 0o444);
    await roundTrip();
    expect([read(), statSync(file).mode & 0o777]).toEqual([original, 0o444]);
  });

  it('is not replaced by its owner, though the folder would allow it', async () => {
    if (isRoot) run('chown', '-R', '65534', dir);
    if (isRoot) process.seteuid?.(65_534);
    chmodSync(file, 0o444);
    const { ino } = statSync(file);
    expect(await needsSudo(file)).toBe(true);
    await expectRefusal(file, 'was not changed: sudo was declined');
    const include = new SshInclude({ file, home: join(dir, 'home'), clock: systemClock });
    await expect(include.add()).rejects.toMatchObject({
      code: 'LAB_SSH_CONFIG_UNWRITABLE',
      details: { hint: expect.stringContaining('read-only for this user') as string },
    });
    expect([read(), statSync(file).ino, beside()]).toEqual([original, ino, ['hosts']]);
  });
});

describe('what is no file', () => {
  it.each(['a folder', 'a named pipe', 'a socket', 'a device'])('%s is refused at once', async (what) => {
    const path = join(dir, 'odd');
    const server = createServer();
    if (what === 'a folder') mkdirSync(path);
    else if (what === 'a named pipe') run('mkfifo', path);
    else if (what === 'a device') symlinkSync('/dev/null', path);
    else await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      const refusal = {
        code: 'LAB_HOSTS_UNWRITABLE',
        message: expect.stringContaining('is not a file') as string,
      };
      await expect(hosts(path).inspect(entries)).rejects.toMatchObject(refusal);
      await expect(hosts(path).write(entries)).rejects.toMatchObject(refusal);
      await expect(hosts(path).remove()).rejects.toMatchObject(refusal);
      expect(statSync(path).isFile()).toBe(false);
    } finally {
      server.close();
    }
  });
});

/** Root may, and the file system can: ext4, btrfs, xfs; not overlayfs, tmpfs. */
function canBeImmutable(): boolean {
  if (!isLinuxRoot) return false;
  const probe = join(tmpdir(), `lab-immutable-${String(process.pid)}`);
  writeFileSync(probe, '');
  try {
    run('chattr', '+i', probe);
    run('chattr', '-i', probe);
    return true;
  } catch {
    return false;
  } finally {
    unlinkSync(probe);
  }
}

describe.runIf(canBeImmutable())('an immutable file (needs root, and a file system that has it)', () => {
  it('is refused with what to do; in an immutable folder it is written in place', async () => {
    run('chattr', '+i', file);
    try {
      await expectRefusal(file, 'EPERM', `sudo chattr -i ${file}`);
      expect(read()).toBe(original);
    } finally {
      run('chattr', '-i', file);
    }
    run('chattr', '+i', join(dir, 'etc'));
    const { ino } = statSync(file);
    try {
      await roundTrip();
      expect([read(), statSync(file).ino, beside()]).toEqual([original, ino, ['hosts']]);
      await expectRefusal(join(dir, 'etc', 'missing'), 'EPERM', 'chattr');
    } finally {
      run('chattr', '-i', join(dir, 'etc'));
    }
  });
});

describe.runIf(isLinuxRoot)('a file on a full disk (needs root to mount one)', () => {
  it.each(['renamed', 'in place'])('keeps its content (%s)', async (way) => {
    const disk = join(dir, 'etc');
    run('mount', '-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', disk);
    try {
      const content = `${original}\n${'# filler\n'.repeat(450)}`;
      writeFileSync(file, content);
      if (way === 'in place') linkSync(file, join(disk, 'other'));
      // Whatever is left of the disk.
      for (let size = 32_768; size >= 1; size /= 2) {
        try {
          writeFileSync(join(disk, 'full'), Buffer.alloc(size), { flag: 'a' });
        } catch {
          // Too much.
        }
      }
      const names = beside();
      const many = Array.from({ length: 200 }, (_, node) => ({
        address: `10.0.0.${String(node)}`,
        names: ['n'],
      }));
      await expect(hosts().write(many)).rejects.toMatchObject({
        code: 'LAB_HOSTS_UNWRITABLE',
        message: expect.stringContaining('ENOSPC') as string,
        details: { hint: expect.stringContaining('The disk is full.') as string },
      });
      expect([read(), beside()]).toEqual([content, names]);
    } finally {
      run('umount', disk);
    }
  });
});

describe('a write in place that was broken off', () => {
  const backup = (): string => join(dir, 'lab', 'hosts.backup');
  // With a second name it is written in place.
  beforeEach(() => {
    linkSync(file, join(dir, 'other'));
  });

  it('is shown, and its backup is not overwritten', async () => {
    writeFileSync(backup(), `${original}\n10.1.1.1 lost\n`);
    await expectRefusal(file, `what it had in it before is in ${backup()}`, 'put the file right');
    expect([read(), read(backup())]).toEqual([original, `${original}\n10.1.1.1 lost\n`]);
  });

  it.each([
    ['had not begun', original],
    ['was finished', replaceBlock(Buffer.from(original), 'coreos', ['10.0.0.1\told']).toString()],
  ])('is of no account where it %s', async (_, now) => {
    writeFileSync(backup(), original);
    writeFileSync(file, now);
    await roundTrip();
    expect([read(), beside()]).toEqual([original, ['hosts']]);
  });
});

it.each([1, 10])(
  'a file of %i MB with the blocks of twenty labs is changed in well below a second',
  async (megabytes) => {
    const line = '0.0.0.0 an-advertisement.example.com # blocked\n';
    const content = `${line.repeat(Math.ceil((megabytes * 1_000_000) / line.length))}no newline`;
    let file20: Buffer = Buffer.from(content);
    for (let lab = 0; lab < 20; lab += 1) file20 = replaceBlock(file20, `lab${String(lab)}`, ['10.0.0.1\tx']);
    writeFileSync(file, file20);
    const start = performance.now();
    await hosts().write(entries);
    expect(performance.now() - start).toBeLessThan(1000);
    await hosts().remove();
    expect(readFileSync(file).equals(file20)).toBe(true);
  },
);

describe('other systems', () => {
  it('have the hosts file elsewhere', () => {
    expect(systemHostsFile('linux', {})).toBe('/etc/hosts');
    expect(systemHostsFile('darwin', { SystemRoot: 'C:\\Windows' })).toBe('/etc/hosts');
    const places = ['SystemRoot', 'SYSTEMROOT', 'systemroot'].map((name) =>
      systemHostsFile('win32', { [name]: 'D:\\Win\\' }),
    );
    expect(new Set(places)).toEqual(new Set(['D:\\Win\\System32\\drivers\\etc\\hosts']));
    expect(systemHostsFile('win32', {})).toBe('C:\\Windows\\System32\\drivers\\etc\\hosts');
  });

  it('end the lines of a new file as they do there, and those of any other as they are in it', () => {
    const block = (content: string, newline: '\n' | '\r\n'): string =>
      replaceBlock(Buffer.from(content), 'x', ['1'], 'end', newline).toString();
    expect(block('', '\r\n').split('\r\n')).toHaveLength(4);
    expect(block('one line', '\r\n').split('\r\n')).toHaveLength(5);
    expect(block('a\n', '\r\n')).not.toContain('\r');
    expect(block('a\r\n', '\n').split('\r\n')).toHaveLength(5);
  });

  it('lock among their users where they have names of sockets that go with the process', () => {
    expect(socketName('/etc/hosts', 'linux')?.charCodeAt(0)).toBe(0);
    expect(socketName('C:\\hosts', 'win32')?.startsWith('\\\\.\\pipe\\chapterlab-')).toBe(true);
    expect(socketName('/etc/hosts', 'darwin')).toBeUndefined();
  });
});
