import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labSandbox, type LabCall, type LabSandbox } from '../support/lab-process.ts';

let sandbox: LabSandbox;
beforeAll(async () => {
  sandbox = await labSandbox();
});
afterAll(() => sandbox.remove());

const up = ['up', 'coreos', '--dry-run', '--subnet', '10.119.3.0/24', '--no-hosts'];

describe('what is missing of this machine', () => {
  const table: [what: string, call: LabCall, code: string, says: string[]][] = [
    ['no Vagrant', { without: ['vagrant'] }, 'LAB_VAGRANT_MISSING', ['apt-get install vagrant']],
    [
      'an old Vagrant',
      { env: { FAKE_VAGRANT: '2.2.19' } },
      'LAB_VAGRANT_VERSION',
      ['Vagrant is 2.2.19; 2.3.4 or later is needed'],
    ],
    [
      'something else named vagrant',
      { env: { FAKE_VAGRANT: 'unknown' } },
      'LAB_VAGRANT_VERSION',
      ['does not say a version'],
    ],
    ['no Docker', { without: ['docker'] }, 'LAB_DOCKER_MISSING', ['apt-get install docker.io']],
    [
      'no Docker engine',
      { env: { FAKE_DOCKER: 'down' } },
      'LAB_DOCKER_UNREACHABLE',
      ['Cannot connect to the Docker daemon', 'systemctl start docker'],
    ],
    [
      'no permission to use the engine',
      { env: { FAKE_DOCKER: 'denied' } },
      'LAB_DOCKER_UNREACHABLE',
      ['permission denied', 'usermod -aG docker $USER'],
    ],
    ['no OpenSSH', { without: ['ssh-agent'] }, 'LAB_TOOL_MISSING', ['`ssh-agent`', 'openssh-client']],
  ];

  it.each(table)('%s', async (_what, call, code, says) => {
    const { exitCode, stdout, stderr } = await sandbox.run(up, call);
    expect([exitCode, stdout]).toEqual([4, '']);
    expect(stderr.split('\n').at(-2)).toBe(`  ${code}, see docs/errors/${code}.md`);
    for (const words of says) expect(stderr).toContain(words);
  });

  it('all at once, each with a fix, by up and by doctor', async () => {
    const call = { without: ['vagrant', 'ssh-add'], env: { FAKE_DOCKER: 'down' } };
    const missing = ['LAB_VAGRANT_MISSING', 'LAB_DOCKER_UNREACHABLE', 'LAB_TOOL_MISSING'];
    const asked = await sandbox.run([...up, '--memory', '16384', '--nodes', '9'], call);
    expect([asked.exitCode, asked.stdout]).toEqual([4, '']);
    for (const code of missing) expect(asked.stderr).toContain(`  ${code}: `);
    expect(asked.stderr.match(/^ {4}fix: \S/gm)).toHaveLength(4);

    const examined = await sandbox.run(['doctor'], call);
    expect(examined.exitCode).toBe(4);
    for (const code of missing) {
      expect(examined.stdout).toMatch(
        new RegExp(`^error ${code}: .+\\n +usual cause: .+\\n +fix: .+\\n +see docs/errors/${code}.md$`, 'm'),
      );
      expect(examined.stderr).toContain(code);
    }
    // What is wrong is not among what is well.
    expect(examined.stdout).not.toContain('no engine');
  });

  it('memory for that many nodes, with how many fit', async () => {
    const { exitCode, stderr } = await sandbox.run([...up, '--memory', '16384', '--nodes', '9']);
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/9 machines need 147456 MB and \d+ MB are free/);
    expect(stderr).toMatch(/use --nodes \d: so many fit|give the nodes less with --memory/);
  });

  it('tells of an address range that is in use', async () => {
    // The range that the recorded engine's own bridge has.
    const { exitCode, stderr } = await sandbox.run([
      ...['up', 'coreos', '--dry-run', '--no-hosts'],
      ...['--subnet', '10.200.0.0/24'],
    ]);
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('LAB_ADDRESS_TAKEN') as string]);
    expect(stderr).toMatch(/10\.200\.0\.0\/24 is in use by Docker network bridge\./);
    expect(stderr).toMatch(/[\d.]+\/24 is free/);
  });
});

describe('lab doctor', () => {
  it('finds a machine ready', async () => {
    const { exitCode, stdout, stderr } = await sandbox.run(['doctor']);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').at(-2)).toBe('This machine is ready for `lab up coreos`.');
  });

  it('tells programs what is missing', async () => {
    const { exitCode, stdout, stderr } = await sandbox.run(['doctor', '--json'], { without: ['docker'] });
    const { problems } = JSON.parse(stdout) as { problems: { code: string; fix: string }[] };
    expect([exitCode, stderr, problems.map(({ code }) => code)]).toEqual([4, '', ['LAB_DOCKER_MISSING']]);
  });

  it('asks before it installs anything', async () => {
    const { exitCode, stderr } = await sandbox.run(['doctor', '--fix'], { without: ['docker'] });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('apt-get install -y docker.io iptables');
    expect(stderr).toContain('LAB_CONFIRMATION_NEEDED');
  });
});
