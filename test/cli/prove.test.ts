import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { finished, labSandbox, type LabSandbox } from '../support/lab-process.ts';
import { saveLab } from '../support/saved-lab.ts';

let sandbox: LabSandbox;
beforeEach(async () => {
  sandbox = await labSandbox();
});
afterEach(() => sandbox.remove());

const prove = ['prove', 'coreos', '--subnet', '10.119.3.0/24', '--no-hosts'];

describe('lab prove', () => {
  it('refuses where there is a lab of that name, and leaves it alone', async () => {
    await saveLab(sandbox);
    const { state } = sandbox.paths('coreos');
    const before = await readFile(state, 'utf8');
    const { exitCode, stdout, stderr } = await sandbox.run(prove);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain('LAB_EXISTS');
    expect(stderr).toContain('lab destroy coreos');
    expect(await readFile(state, 'utf8')).toBe(before);
  });

  it('removes its lab when it cannot be brought up, and keeps the log', async () => {
    const { exitCode, stdout } = await sandbox.run([...prove, '--reporter', 'tap']);
    expect(exitCode).toBeGreaterThanOrEqual(4);
    expect(stdout).toMatch(/^TAP version 14\n1\.\.21\nok 1 - Prepare the lab's folder and its ssh key\n/);
    expect(stdout).toMatch(/^not ok 2 - Build the node image/m);
    expect(stdout).toMatch(/^ok \d+ - The nodes have found each other .* # SKIP not run$/m);
    expect(stdout).toMatch(/^ok 21 - Remove the lab$/m);
    expect(existsSync(sandbox.paths('coreos').dir)).toBe(false);
    expect(await readFile(join(sandbox.home, 'proofs', 'coreos.log'), 'utf8')).toContain('run-finished');
  });

  it('removes its lab at Ctrl-C, and says so; with --keep it stays', async () => {
    for (const keep of [false, true]) {
      const args = [...prove, '--verbose', ...(keep ? ['--keep'] : [])];
      const child = sandbox.start(args, { env: { FAKE_DOCKER: 'pulling' } });
      const end = finished(child);
      child.stdout.on('data', (text: string) => {
        if (text.includes('Pulling from library/debian')) child.kill('SIGINT');
      });
      const { exitCode, stdout, stderr } = await end;
      expect(exitCode).toBe(130);
      expect(stderr).toContain('SIGINT: stopping');
      expect(stdout).toMatch(/lab coreos: stopped after [^;]*\n/);
      expect(/^ok .* Remove the lab /m.test(stdout)).toBe(!keep);
      expect(existsSync(sandbox.paths('coreos').state)).toBe(keep);
    }
  });
});
