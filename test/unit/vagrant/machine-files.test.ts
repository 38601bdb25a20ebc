import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readMachineId } from '../../../src/vagrant/machine-files.ts';

let projectDir = '';

beforeEach(() => {
  projectDir = mkdtempSync(join(tmpdir(), 'lab-machine-files-'));
});

afterEach(() => {
  rmSync(projectDir, { recursive: true });
});

function write(content: string): void {
  const path = join(projectDir, '.vagrant/machines/core-01/docker/id');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

it('reads the id that Vagrant has written', async () => {
  write('07118a0b2ea3e146\n');
  expect(await readMachineId(projectDir, 'core-01', 'docker')).toBe('07118a0b2ea3e146');
});

it('has no id where Vagrant has none', async () => {
  expect(await readMachineId(projectDir, 'core-01', 'docker')).toBeUndefined();
  expect(await readMachineId(join(projectDir, 'absent'), 'core-01', 'docker')).toBeUndefined();
  write('');
  expect(await readMachineId(projectDir, 'core-01', 'docker')).toBeUndefined();
});
