import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labSandbox, type LabRun, type LabSandbox } from '../support/lab-process.ts';

let sandbox: LabSandbox;
let made: LabRun;
beforeAll(async () => {
  sandbox = await labSandbox();
  made = await sandbox.run(['new', 'my-lab']);
});
afterAll(() => sandbox.remove());

describe('lab new my-lab', () => {
  it('writes a scenario with its schema and says what to do next', async () => {
    expect([made.exitCode, made.stderr]).toEqual([0, '']);
    for (const command of ['validate', 'up', 'prove']) {
      expect(made.stdout).toContain(`  lab ${command} ./my-lab/my-lab.yaml`);
    }
    const files = await readdir(join(sandbox.dir, 'my-lab'), { recursive: true });
    expect(files.sort()).toEqual(['files', 'files/index.html.hbs', 'my-lab.yaml', 'scenario.schema.json']);
    const text = await readFile(join(sandbox.dir, 'my-lab', 'my-lab.yaml'), 'utf8');
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./scenario.schema.json');
    expect(text).not.toContain('skeleton');
    const schema = JSON.parse(
      await readFile(join(sandbox.dir, 'my-lab', 'scenario.schema.json'), 'utf8'),
    ) as { title: string };
    expect(schema.title).toBe('Scenario of lab');
  });

  it('which is valid and planned, also where it was moved to', async () => {
    const valid = await sandbox.run(['validate', 'my-lab/my-lab.yaml']);
    expect(valid).toEqual({ exitCode: 0, stdout: '1 valid: my-lab/my-lab.yaml\n', stderr: '' });
    await rename(join(sandbox.dir, 'my-lab'), join(sandbox.dir, 'else where'));
    const file = './else where/my-lab.yaml';
    const plan = await sandbox.run(['up', file, '--dry-run', '--greeting', 'moin', '--yes']);
    expect([plan.exitCode, plan.stderr]).toEqual([0, '']);
    expect(plan.stdout).toContain('step serve-page: Serve the page');
    expect(plan.stdout).toContain('my-lab-web');
  });

  it('uses each key that it does not leave to the reference', async () => {
    const text = await readFile(join(sandbox.dir, 'else where', 'my-lab.yaml'), 'utf8');
    for (const key of ['book', 'run', 'undo', 'idempotent', 'checks', 'hint', 'mutation', 'units', 'needs']) {
      expect(text).toMatch(new RegExp(`^ +${key}:`, 'm'));
    }
  });
});

describe('lab validate', () => {
  it('says all that is wrong in all files, to people and as JSON', async () => {
    const text = await readFile(join(sandbox.dir, 'else where', 'my-lab.yaml'), 'utf8');
    const broken = text
      .replace('title: Serve', 'titel: Serve')
      .replace('{{first.address}}', '{{first.adress}}');
    await writeFile(join(sandbox.dir, 'else where', 'broken.yaml'), broken);
    const files = ['./else where/broken.yaml', './no.yaml', './else where/my-lab.yaml'];
    const said = await sandbox.run(['validate', ...files]);
    expect([said.exitCode, said.stdout]).toEqual([3, '']);
    for (const words of ["did you mean 'title'?", 'Did you mean "address"?', './no.yaml cannot be read']) {
      expect(said.stderr).toContain(words);
    }
    expect(said.stderr).toMatch(/\^{5}/);
    const asJson = await sandbox.run(['validate', ...files, '--json']);
    expect(asJson.exitCode).toBe(3);
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      valid: false,
      problems: [
        {
          position: { file: './else where/broken.yaml' },
          message: expect.stringContaining('titel') as string,
        },
        { message: expect.stringContaining('first.adress') as string },
        { message: expect.stringContaining('./no.yaml') as string },
      ],
    });
  });
});
