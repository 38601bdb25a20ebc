import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeSystemFile } from '../../../src/host/change-system-file.ts';
import { systemClock } from '../../../src/io/clock.ts';
import type { Exec } from '../../../src/io/exec.ts';

const isRoot = process.geteuid?.() === 0;
let dir: string;
let etc: string;
let file: string;

// As somebody who is not root: the file's permissions would mean nothing to root.
beforeEach(async () => {
  if (isRoot) process.seteuid?.(65_534);
  dir = await mkdtemp(join(tmpdir(), 'lab-system-file-'));
  etc = join(dir, 'etc');
  file = join(etc, 'vbox', 'networks.conf');
  await mkdir(etc);
  await mkdir(join(dir, 'lab'));
  await chmod(etc, 0o555);
});
afterEach(async () => {
  await chmod(etc, 0o700);
  if (existsSync(join(etc, 'vbox'))) await chmod(join(etc, 'vbox'), 0o700);
  await rm(dir, { recursive: true });
  if (isRoot) process.seteuid?.(0);
});

/** Does what sudo would: the command itself, with the folders writable while it runs. `before`: what others do meanwhile. */
function sudo(calls: string[], before: (command: string) => void = () => undefined): Exec {
  return async (program, args) => {
    expect(program).toBe('sudo');
    const [name = '', ...rest] = args.slice(2);
    calls.push([name, ...rest].join(' ').replaceAll(dir, ''));
    before(name);
    const locked = [etc, join(etc, 'vbox'), file].filter((path) => existsSync(path));
    const modes = locked.map((path) => statSync(path).mode & 0o777);
    for (const path of locked) chmodSync(path, path === file ? 0o644 : 0o755);
    const exitCode = await new Promise<number>((resolve) => {
      execFile(name, rest, (error) => {
        resolve(error === null ? 0 : 1);
      });
    });
    locked.forEach((path, index) => {
      if (existsSync(path)) chmodSync(path, modes[index] ?? 0o755);
    });
    return { command: `sudo ${name}`, exitCode, stdout: '', stderr: '', timedOut: false, notFound: false };
  };
}
const append = (content: Buffer | undefined): Buffer =>
  Buffer.concat([content ?? Buffer.alloc(0), Buffer.from('new\n')]);
const change = (exec: Exec, mayWrite = false): Promise<void> =>
  changeSystemFile({
    exec,
    file,
    edit: append,
    stagingDir: join(dir, 'lab'),
    isRoot: mayWrite,
    clock: systemClock,
  });

describe('a file that only root may write', () => {
  it('is made whole, readable for all, with its folder', async () => {
    const calls: string[] = [];
    await change(sudo(calls));
    expect(readFileSync(file, 'utf8')).toBe('new\n');
    expect([statSync(file).mode & 0o777, statSync(join(etc, 'vbox')).mode & 0o777]).toEqual([0o644, 0o755]);
    expect(calls.map((call) => call.split(' ')[0])).toEqual(['mkdir', 'install', 'mv']);
    expect([readdirSync(join(dir, 'lab')), readdirSync(join(etc, 'vbox'))]).toEqual([[], ['networks.conf']]);
  });

  it('keeps what another program has made of it meanwhile', async () => {
    const calls: string[] = [];
    const meanwhile = (command: string): void => {
      if (command !== 'mv') return;
      chmodSync(join(etc, 'vbox'), 0o755);
      writeFileSync(file, 'theirs\n');
    };
    await expect(change(sudo(calls, meanwhile))).rejects.toThrow('another program has made it meanwhile');
    expect([readFileSync(file, 'utf8'), readdirSync(join(etc, 'vbox'))]).toEqual([
      'theirs\n',
      ['networks.conf'],
    ]);
  });

  it('keeps every byte that is there', async () => {
    await chmod(etc, 0o755);
    await mkdir(join(etc, 'vbox'));
    await writeFile(file, Buffer.from([0x23, 0xff, 0x00, 0x0a]), { mode: 0o444 });
    await chmod(join(etc, 'vbox'), 0o555);
    await chmod(etc, 0o555);
    const calls: string[] = [];
    await change(sudo(calls));
    expect(readFileSync(file).equals(Buffer.from([0x23, 0xff, 0x00, 0x0a, ...Buffer.from('new\n')]))).toBe(
      true,
    );
    expect(calls.map((call) => call.split(' ')[0])).toEqual(['true', 'cp']);
  });

  it('is left alone where sudo is refused', async () => {
    const refused: Exec = () =>
      Promise.resolve({
        command: 'sudo x',
        exitCode: 1,
        stdout: '',
        stderr: '',
        timedOut: false,
        notFound: false,
      });
    await expect(change(refused)).rejects.toThrow(`${file} was not changed: sudo was refused or failed.`);
    expect([existsSync(file), readdirSync(join(dir, 'lab'))]).toEqual([false, []]);
  });
});

it('needs no sudo for who may write', async () => {
  await chmod(etc, 0o755);
  const none: Exec = (command) => Promise.reject(new Error(`unexpected ${command}`));
  await change(none, true);
  await change(none, true);
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['new\nnew\n', 0o644]);
});
