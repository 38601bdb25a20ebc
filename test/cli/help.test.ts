import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labSandbox, type LabRun, type LabSandbox } from '../support/lab-process.ts';

let sandbox: LabSandbox;
beforeAll(async () => {
  sandbox = await labSandbox();
});
afterAll(() => sandbox.remove());

const commands = [
  ...[
    'up',
    'play',
    'check',
    'down',
    'destroy',
    'next',
    'hint',
    'why',
    'goto',
    'checkpoint',
    'list',
    'status',
    'ssh',
    'env',
    'prove',
    'record',
    'handout',
    'new',
    'leftovers',
    'render',
    'validate',
    'doctor',
  ],
  ...['prefetch', 'completion', 'discovery'],
];

describe('lab --version', () => {
  it.each(['--version', '-V'])('answers to %s', async (flag) => {
    const { exitCode, stdout, stderr } = await sandbox.run([flag]);
    expect(stdout).toMatch(/^lab \d+\.\d+\.\d+\n$/);
    expect([exitCode, stderr]).toEqual([0, '']);
  });
});

describe('help', () => {
  let help: LabRun;
  beforeAll(async () => {
    help = await sandbox.run(['help']);
  });

  it('names every command on stdout', () => {
    expect([help.exitCode, help.stderr]).toEqual([0, '']);
    const listed = [...help.stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
    expect(listed).toEqual([...commands, 'help']);
  });

  it('is the same with --help', async () => {
    expect(await sandbox.run(['--help'])).toEqual(help);
  });

  it('is shown, as a mistake, to somebody who gives no command', async () => {
    for (const args of [[], ['discovery'], ['checkpoint']]) {
      const { exitCode, stdout, stderr } = await sandbox.run(args);
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^Usage: lab /);
      expect(stderr).not.toContain('Error');
    }
  });

  it.each([...commands.map((command) => [command]), ['discovery', 'serve']])(
    'explains %s %s',
    async (...words) => {
      const { exitCode, stdout, stderr } = await sandbox.run([...words, '--help']);
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^Usage: lab /);
      expect(stdout.split('\n')[2]).toMatch(/\w/);

      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    },
  );
});
