import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finished, labBin, labSandbox, searchTool, type LabSandbox } from '../support/lab-process.ts';
import { saveLab, savedState } from '../support/saved-lab.ts';

/** One lab is there; the engine that answers knows none of its machines. */
let sandbox: LabSandbox;
beforeAll(async () => {
  sandbox = await labSandbox();
  await saveLab(sandbox);
});
afterAll(() => sandbox.remove());

async function answer(args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await sandbox.run(args);
  expect([exitCode, stderr]).toEqual([0, '']);

  expect(stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
  return stdout;
}

const packaged = [
  ...['apt-cacher', 'chapter-5', 'chef', 'coreos', 'coreos-loadbalancer'],
  ...['dokku', 'dokku-wordpress', 'puppet'],
];

describe('lab list', () => {
  it('lists the scenarios in columns and as JSON', async () => {
    expect((await answer(['list'])).split('\n').map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      ['SCENARIO', 'CHAPTER'],
      ...packaged.map((name) => [name, { dokku: '5 and 7', 'dokku-wordpress': '7' }[name] ?? '5']),
      [''],
    ]);
    const scenarios = JSON.parse(await answer(['list', '--json'])) as { name: string }[];
    expect(scenarios.map(({ name }) => name)).toEqual(packaged);
  });

  it('shows a scenario with its parameters, editions, optional machines and steps', async () => {
    const text = await answer(['list', 'coreos']);
    expect(text).toMatch(/^ {2}--nodes +3 \(1 to 9\) +Number of nodes/m);
    expect(text).toMatch(/^ {2}--channel +stable \(stable, beta, alpha, lts\)/m);
    expect(text).toContain('Optional machines (--with): dokku');
    expect(text).toMatch(/^ {2}fleet +fleet 1\.0\.0/m);
    expect(text).toMatch(/^ {2}lose-node +One node goes away/m);
    const summary = JSON.parse(await answer(['list', 'coreos', '--json'])) as { parameters: object };
    expect(summary.parameters).toHaveProperty('nodes');
  });
});

describe('lab validate', () => {
  it('accepts what comes with lab', async () => {
    expect(await answer(['validate'])).toBe(`8 valid: ${packaged.join(', ')}\n`);
  });

  it('tells programs of mistakes too', async () => {
    await writeFile(join(sandbox.dir, 'wrong.yaml'), 'name: wrong\n');
    const { exitCode, stdout } = await sandbox.run(['validate', 'wrong.yaml', '--json']);
    const { valid, problems } = JSON.parse(stdout) as { valid: boolean; problems: { message: string }[] };
    expect([exitCode, valid]).toEqual([3, false]);
    expect(problems.length).toBeGreaterThan(3);
  });
});

describe('lab status', () => {
  it('shows machines that were removed by hand as absent', async () => {
    expect(await answer(['status'])).toBe(
      [
        'coreos (provider docker, edition swarm, subnet 10.119.3.0/24)',
        'MACHINE  ROLE  ADDRESS       STATE',
        'core-01  node  10.119.3.101  absent',
        'core-02  node  10.119.3.102  absent',
        'core-03  node  10.119.3.103  absent',
        'steps: 1 passed\n',
      ].join('\n'),
    );
    const [lab] = JSON.parse(await answer(['status', 'coreos', '--json'])) as Record<string, unknown>[];
    expect(lab).toMatchObject({ lab: 'coreos', discoveryUrl: savedState.generation?.discoveryUrl });
  });
});

describe('lab env', () => {
  it('is read by a shell as it was meant, whatever the paths hold', async () => {
    const script = `${await answer(['env'])}\nprintf '%s\\n' "$SSH_AUTH_SOCK" "$LAB_SSH_CONFIG" "$FLEETCTL_TUNNEL" "$LAB_MACHINES"`;
    const { stdout } = spawnSync('sh', ['-euc', script], { encoding: 'utf8' });
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      '/tmp/it is not there/agent',
      join(sandbox.paths('coreos').ssh, 'config'),
      '10.119.3.101',
      'core-01 core-02 core-03',
    ]);
  });

  it('speaks fish and JSON', async () => {
    expect(await answer(['env', '--shell', 'fish'])).toContain("set -gx FLEETCTL_TUNNEL '10.119.3.101'");
    expect(JSON.parse(await answer(['env', '--json']))).toMatchObject({
      LAB_NAME: 'coreos',
      ETCDCTL_ENDPOINTS: ['101', '102', '103'].map((n) => `http://10.119.3.${n}:2379`).join(','),
    });
  });
});

describe('lab completion', () => {
  const parsers: [shell: string, args: string[]][] = [
    ['bash', ['-n']],
    ['zsh', ['-n']],
    ['fish', ['--no-execute']],
  ];
  it.each(parsers)('is a script that %s can read', async (shell, args) => {
    const script = await answer(['completion', shell]);
    expect(script).toContain('destroy');
    const parser = searchTool(shell);
    if (parser === undefined) return;
    expect(spawnSync(parser, args, { input: script, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it.skipIf(searchTool('bash') === undefined)('offers commands, options and scenarios in bash', async () => {
    const script = await answer(['completion', 'bash']);
    const complete = (words: string[]): string[] => {
      const quoted = words.map((word) => `'${word}'`).join(' ');
      const ask = `${script}\nlab() { printf 'SCENARIO  CHAPTER\\ncoreos    5\\ndokku     7\\n'; }
        COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _lab; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', ask], { encoding: 'utf8' }).stdout.trim().split('\n');
    };
    expect(complete(['lab', 'de'])).toEqual(['destroy']);
    expect(complete(['lab', 'up', 'co'])).toEqual(['coreos']);
    expect(complete(['lab', 'up', '--dry'])).toEqual(['--dry-run']);
    expect(complete(['lab', 'render', 'coreos', '--o'])).toEqual(['--out']);
  });
});

describe('colours', () => {
  const script = searchTool('script');
  it.skipIf(script === undefined)('are for terminals without NO_COLOR only', async () => {
    const onTerminal = async (env: Record<string, string>): Promise<string> => {
      const command = `'${process.execPath}' '${labBin}' up nowhere`;
      const child = sandbox.startProgram('script', ['-qec', command, '/dev/null'], {
        env: { TERM: 'xterm', SHELL: '/bin/sh', ...env },
      });
      child.stdin.end();
      return (await finished(child)).stdout;
    };
    const [plain, coloured] = [await onTerminal({ NO_COLOR: '1' }), await onTerminal({})];
    expect(coloured).toContain('\u001b[31mError:\u001b[39m There is no scenario "nowhere".');
    expect(plain).toContain('Error: There is no scenario "nowhere".');
    expect(plain).not.toContain('\u001b[');
  });

  it('and pictures of progress never reach a pipe, whatever the reporter', async () => {
    for (const reporter of ['list', 'plain', 'json']) {
      const { stdout, stderr } = await sandbox.run(['down', '--reporter', reporter], {
        env: { FORCE_COLOR: '1' },
      });
      expect([reporter, stdout + stderr]).toEqual([reporter, expect.not.stringContaining('\u001b')]);
    }
  });
});
