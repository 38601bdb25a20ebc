import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labSandbox, type LabSandbox } from '../support/lab-process.ts';

let sandbox: LabSandbox;
beforeAll(async () => {
  sandbox = await labSandbox();
});
afterAll(() => sandbox.remove());

describe('lab handout', () => {
  it('writes the page of a packaged scenario with its recorded outputs, and makes no lab', async () => {
    const { exitCode, stdout, stderr } = await sandbox.run(['handout', 'coreos', '--out', 'page.html']);
    expect([exitCode, stdout, stderr]).toEqual([0, '', '']);
    const html = await readFile(join(sandbox.dir, 'page.html'), 'utf8');
    expect(html).toContain('<title>A highly available service on a CoreOS-like cluster</title>');
    expect(html).toContain('This was printed on core-01:');
    expect(html).not.toMatch(/\{\{(?:first|last|machine|nodes)/);
    expect(await readdir(join(sandbox.dir, 'home'))).toEqual([]);
  });

  it('writes every packaged scenario, every edition, both formats', async () => {
    const list = await sandbox.run(['list', '--json']);
    const scenarios = JSON.parse(list.stdout) as {
      name: string;
      steps: { id: string; edition?: string }[];
      editions: { name: string }[];
    }[];
    for (const { name, steps, editions } of scenarios) {
      for (const edition of editions.length === 0 ? [undefined] : editions.map((one) => one.name)) {
        const words = [
          'handout',
          name,
          '--format',
          'md',
          ...(edition === undefined ? [] : ['--edition', edition]),
        ];
        const { exitCode, stdout, stderr } = await sandbox.run(words);
        expect([name, exitCode, stderr]).toEqual([name, 0, '']);
        for (const step of steps.filter((one) => one.edition === undefined || one.edition === edition)) {
          expect(stdout).toContain(`<a id="step-${step.id}"></a>`);
        }
      }
    }
  });

  it('renders commands with the parameters that are given', async () => {
    const words = ['handout', 'coreos', '--edition', 'swarm', '--format', 'md', '--nodes', '5'];
    const { stdout } = await sandbox.run(words);
    expect(stdout).toContain('lab up coreos --edition swarm --nodes 5 --no-play\n');
    expect(stdout).toContain('docker service scale --detach code_it=5\n');
    expect(stdout).toContain('| core-05 | 172.17.8.105 |');
  });

  it.each([
    { words: ['coreos', '--format', 'pdf'], code: 'LAB_USAGE' },
    { words: ['coreos', '--edition', 'flet'], code: 'LAB_PARAMETER_INVALID' },
    { words: ['coreos', '--nodes', '0'], code: 'LAB_PARAMETER_INVALID' },
    { words: ['corios'], code: 'LAB_SCENARIO_UNKNOWN' },
    { words: ['coreos', '--out', 'no/such/folder/page.html'], code: 'LAB_USAGE' },
  ])('refuses $words', async ({ words, code }) => {
    const { exitCode, stderr } = await sandbox.run(['handout', ...words]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(code)]);
  });

  it('leaves passwords out and names no folder of this computer', async () => {
    const text = [
      ...['name: secret', 'title: S', 'chapter: "1"', 'description: S', 'subnet: 172.17.8.0/24'],
      'machines: [{ role: node, project: server, name: web, count: 1, firstAddress: 101, memoryMb: 512, cpus: 1 }]',
      'steps: [{ id: one, title: One, checks: [{ title: T, hint: H, on: all, command: DB_PASSWORD=hunter2 run }] }]',
    ].join('\n');
    await writeFile(join(sandbox.dir, 'secret.yaml'), text);
    const { exitCode, stdout } = await sandbox.run(['handout', './secret.yaml', '--format', 'md']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('DB_PASSWORD=<password> run');
    expect(stdout).toContain('lab up ./secret.yaml --no-play');
    expect(stdout).not.toContain(sandbox.dir);
  });
});
