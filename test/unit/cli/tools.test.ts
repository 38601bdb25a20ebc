import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assetReader } from '../../../src/cli/tools.ts';
import { loadScenario } from '../../../src/load/load-scenario.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lab-assets-'));
  mkdirSync(join(dir, 'chapter/files/inner'), { recursive: true });
  mkdirSync(join(dir, 'home'));
  writeFileSync(join(dir, 'home/id_rsa'), 'a key of this user');
  writeFileSync(join(dir, 'chapter/files/inner/unit'), 'a file of the scenario');
  file = join(dir, 'chapter', 'x.yaml');
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

function write(named: string): void {
  writeFileSync(
    file,
    `
name: x
title: x
chapter: '5'
description: x
subnet: 192.168.57.0/24
machines: [{ role: web, project: server, name: web, count: 1, firstAddress: 10, memoryMb: 512, cpus: 1 }]
steps:
  - id: one
    title: one
    run: [{ on: web, file: ${JSON.stringify(named)}, to: /x }]
    checks: [{ title: x, on: web, command: 'true', hint: x }]
`,
  );
}

const folders = (): { scenariosDir: string } => ({ scenariosDir: dir });

describe("the files of a stranger's scenario", () => {
  it('are read, also where the scenario stands in a folder that is a link', async () => {
    write('inner/unit');
    symlinkSync(join(dir, 'chapter'), join(dir, 'elsewhere'));
    const linked = join(dir, 'elsewhere', 'x.yaml');
    await loadScenario(linked, folders());
    expect(await assetReader(linked)('scenario', 'inner/unit')).toBe('a file of the scenario');
  });

  it.each([
    ['a path that goes up', '../../home/id_rsa', () => undefined],
    ['a path from the root', '/etc/passwd', () => undefined],
    ['a template', '{{lab}}/../../../home/id_rsa', () => undefined],
    [
      'a link',
      'id_rsa',
      () => {
        symlinkSync('../../home/id_rsa', join(dir, 'chapter/files/id_rsa'));
      },
    ],
    [
      'a folder that is a link',
      'home/id_rsa',
      () => {
        symlinkSync('../../home', join(dir, 'chapter/files/home'));
      },
    ],
    [
      'files/ itself being one',
      'id_rsa',
      () => {
        rmSync(join(dir, 'chapter/files'), { recursive: true });
        symlinkSync('../home', join(dir, 'chapter/files'));
      },
    ],
  ])('do not become other files of this user: %s', async (_what, path, prepare) => {
    prepare();
    write(path);
    // Where a name holds a template, only reading it is refused.
    if (!path.includes('{{')) {
      await expect(loadScenario(file, folders())).rejects.toMatchObject({ code: 'LAB_SCENARIO_INVALID' });
    }
    await expect(assetReader(file)('scenario', path)).rejects.toThrow(/lies outside|ENOENT/);
  });
});
