import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { finished, labBin, labSandbox, type LabSandbox } from '../support/lab-process.ts';
import { labPaths } from '../../src/state/lab-home.ts';
import { saveLab, savedState } from '../support/saved-lab.ts';

let sandbox: LabSandbox;
beforeEach(async () => {
  sandbox = await labSandbox();
});
afterEach(() => sandbox.remove());

const isRoot = process.geteuid?.() === 0;
const dryRun = ['up', 'coreos', '--dry-run'];

describe('a state that cannot be read', () => {
  it.each([
    ['cut off', '{"version": 1, "lab": "cor', 'JSON'],
    ['of a newer lab', JSON.stringify({ ...savedState, version: 7 }), 'it has version 7'],
    ['without its machines', JSON.stringify({ ...savedState, machines: undefined }), 'at machines'],
  ])('%s ends every command, and only `destroy --force` removes the lab', async (_what, text, says) => {
    await saveLab(sandbox, text);
    for (const args of [dryRun, ['status'], ['env'], ['down'], ['destroy', '--yes']]) {
      const { exitCode, stdout, stderr } = await sandbox.run(args);
      expect([args[0], exitCode, stdout]).toEqual([args[0], 4, '']);
      expect(stderr).toContain('LAB_STATE_INVALID');
      expect(stderr).toContain(says);
      expect(stderr).toContain('lab destroy --force');
    }
    expect(await readFile(sandbox.paths('coreos').state, 'utf8')).toBe(text);
    const { exitCode, stdout } = await sandbox.run(['destroy', '--force', '--yes']);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining("Remove the lab's folder") as string]);
    expect(existsSync(sandbox.paths('coreos').dir)).toBe(false);
  });
});

it('a journal with a line that is none keeps everything until a person has looked', async () => {
  await saveLab(sandbox);
  const { journal } = sandbox.paths('coreos');
  const text = '{"id":1,"at":"2026-01-01T00:00:00.000Z","change":{"kind":"moon"}}\n';
  await writeFile(journal, text);
  const { exitCode, stderr } = await sandbox.run(['destroy', '--yes']);
  expect(exitCode).toBe(4);
  expect(stderr).toContain(`The journal ${journal} cannot be used: line 1 is no entry of a journal.`);
  expect(stderr).toContain('LAB_STATE_INVALID');
  expect(await readFile(journal, 'utf8')).toBe(text);
});

it('a damaged journal of what labs share keeps `lab up` from making what it could not be undone by', async () => {
  const journal = join(sandbox.home, 'journal.jsonl');
  await mkdir(sandbox.home);
  await writeFile(journal, 'spilt coffee\n');
  const up = (): ReturnType<LabSandbox['run']> =>
    sandbox.run(['up', 'coreos', '--subnet', '10.119.3.0/24', '--no-hosts', '--yes']);
  const { exitCode, stdout } = await up();
  expect(exitCode).toBe(4);
  expect(stdout).toContain('LAB_STATE_INVALID');
  expect(stdout).toContain(`The journal ${journal} cannot be used: line 1 is no entry of a journal.`);
  expect(stdout).toContain(`mv '${journal}' '${journal}.damaged'`);
  expect(await readFile(journal, 'utf8')).toBe('spilt coffee\n');

  // What it says to do: it goes on, as far as this docker lets it.
  await rename(journal, `${journal}.damaged`);
  expect((await up()).stdout).toContain('LAB_IMAGE_BASE');
  const engine = expect.stringMatching(/^G5Z2:\S+ \//) as string;
  const change = { kind: 'image', provider: 'docker', engine, name: 'debian:bookworm-slim' };
  expect(JSON.parse(await readFile(journal, 'utf8'))).toMatchObject({ id: 1, change });
});

describe('a damaged block in the hosts file', () => {
  const damaged =
    '127.0.0.1\tlocalhost\n# >>> lab coreos >>> managed by lab; do not edit\n10.119.3.101\tcore-01\n';
  const entry = (file: string): string =>
    `${JSON.stringify({ id: 1, at: '2026-01-01T00:00:00.000Z', change: { kind: 'hosts-block', file, lab: 'coreos' } })}\n`;

  it('is left as it is by destroy, which says where it is and goes on when it is mended', async () => {
    await saveLab(sandbox, { ...savedState, hostsFile: sandbox.hostsFile });
    await writeFile(sandbox.hostsFile, damaged);
    await writeFile(sandbox.paths('coreos').journal, entry(sandbox.hostsFile));
    const first = await sandbox.run(['destroy', '--yes']);
    expect(first.exitCode).toBe(4);
    expect(first.stdout).toContain('LAB_HOSTS_DAMAGED');
    expect(first.stdout).toContain(sandbox.hostsFile);
    expect(await readFile(sandbox.hostsFile, 'utf8')).toBe(damaged);
    await writeFile(sandbox.hostsFile, `${damaged}# <<< lab coreos <<<\n`);
    expect((await sandbox.run(['destroy', '--yes'])).exitCode).toBe(0);
    expect(await readFile(sandbox.hostsFile, 'utf8')).toBe('127.0.0.1\tlocalhost\n');
  });

  it('ends up before anything is made', async () => {
    await writeFile(sandbox.hostsFile, damaged);
    const args = ['up', 'coreos', '--subnet', '10.119.3.0/24', '--hosts-file', 'hosts'];
    const { exitCode, stderr } = await sandbox.run(args);
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('LAB_HOSTS_DAMAGED') as string]);
    expect(existsSync(sandbox.paths('coreos').dir)).toBe(false);
  });
});

describe('a LAB_HOME that cannot be written', () => {
  it.skipIf(isRoot)('is told from a fault of lab (not as root: permissions mean nothing to it)', async () => {
    await mkdir(sandbox.home);
    await chmod(sandbox.home, 0o500);
    const { exitCode, stderr } = await sandbox.run(['up', 'coreos', '--subnet', '10.119.3.0/24']);
    await chmod(sandbox.home, 0o700);
    expect([exitCode, stderr]).toEqual([
      4,
      expect.stringContaining('this user may not write there') as string,
    ]);
  });

  it('says so where it is a file', async () => {
    await writeFile(sandbox.home, '');
    const { exitCode, stderr } = await sandbox.run(['up', 'coreos', '--subnet', '10.119.3.0/24']);
    expect(exitCode).toBe(4);
    expect(stderr).toContain('LAB_STATE_UNWRITABLE');
    expect(stderr).toContain('set LAB_HOME to another folder');
  });

  const canMount = isRoot && spawnSync('unshare', ['-m', 'true']).status === 0;
  it.skipIf(!canMount)('says so where its disk is full (needs root: a small disk is mounted)', async () => {
    await mkdir(sandbox.home);
    const saved = join(sandbox.dir, 'saved');
    await saveLab({ ...sandbox, paths: (lab) => labPaths(saved, lab) });
    const fill =
      'mount -t tmpfs -o size=64k none "$1" && cp -r "$2/." "$1"; cat /dev/zero > "$1/filler"; shift 2; exec "$@"';
    const command = [sandbox.home, saved, process.execPath, labBin, 'down'];
    const child = sandbox.startProgram('unshare', ['-m', 'sh', '-c', fill, 'sh', ...command]);
    const { exitCode, stdout, stderr } = await finished(child);
    expect(exitCode).toBe(4);
    expect(`${stdout}${stderr}`).toContain('LAB_STATE_UNWRITABLE');
    expect(`${stdout}${stderr}`).toContain('the disk is full');
  });
});

it('a lab that another command has is left alone, and the message says whose it is', async () => {
  const { lock } = sandbox.paths('coreos');
  await saveLab(sandbox);
  await mkdir(dirname(lock), { recursive: true });
  const owner = { pid: process.pid, command: 'lab up', since: '2026-01-01T00:00:00.000Z', nonce: 'x' };
  await writeFile(lock, JSON.stringify(owner));
  const { exitCode, stderr } = await sandbox.run(['down']);
  expect(exitCode).toBe(4);
  expect(stderr).toContain(`process ${process.pid} (lab up) has been at work on it since 2026-01-01`);
  await writeFile(lock, JSON.stringify({ ...owner, pid: 2 ** 22 + 1 }));
  expect((await sandbox.run(['down'])).exitCode).toBe(0);
});
