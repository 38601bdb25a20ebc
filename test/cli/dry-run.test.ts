import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { labSandbox, type LabCall, type LabSandbox } from '../support/lab-process.ts';
import { saveLab } from '../support/saved-lab.ts';

let sandbox: LabSandbox;
beforeEach(async () => {
  sandbox = await labSandbox();
});
afterEach(() => sandbox.remove());

/** A range that no host of these tests has, so that the plan is the same everywhere. */
const subnet = ['--subnet', '10.119.3.0/24'];

async function plan(args: string[], call?: LabCall): Promise<Plan> {
  const { exitCode, stdout, stderr } = await sandbox.run(
    ['up', 'coreos', '--dry-run', '--json', ...subnet, '--hosts-file', 'hosts', ...args],
    call,
  );
  expect([exitCode, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Plan;
}

function kinds({ tasks }: Plan): string[] {
  return [...new Set(tasks.map(({ kind }) => kind))];
}

describe('lab up --dry-run', () => {
  it('prints the plan and does nothing', async () => {
    const args = ['up', 'coreos', '--nodes', '3', '--memory', '256', '--dry-run', ...subnet];
    const { exitCode, stdout, stderr } = await sandbox.run([...args, '--hosts-file', 'hosts']);
    expect([exitCode, stderr]).toEqual([0, '']);
    const text = stdout
      .replaceAll(sandbox.dir, 'SANDBOX')
      .replace(/chapterlab\/node:[0-9a-f]{12}/, 'chapterlab/node:DIGEST');
    await expect(text).toMatchFileSnapshot('../fixtures/golden/up-dry-run.txt');
    expect(existsSync(sandbox.home)).toBe(false);
    expect(existsSync(sandbox.env['LAB_CACHE'] ?? '')).toBe(false);
    expect(await readdir(join(sandbox.dir, 'home'))).toEqual([]);
    expect(existsSync(sandbox.hostsFile)).toBe(false);
  });

  it('prints the same plan as JSON', async () => {
    const { command, lab, provider, edition, machines, parameters, tasks, warnings } = await plan([]);
    expect({ command, lab, provider, edition, warnings }).toEqual({
      ...{ command: 'up', lab: 'coreos', provider: 'docker', edition: 'swarm', warnings: [] },
    });
    expect(parameters).toMatchObject({ nodes: 3, memory: 512 });
    expect(machines.map(({ name, address }) => [name, address])).toEqual([
      ['core-01', '10.119.3.101'],
      ['core-02', '10.119.3.102'],
      ['core-03', '10.119.3.103'],
    ]);
    expect(tasks.map(({ id }) => id).slice(0, 8)).toEqual([
      ...['prepare-lab', 'build-image', 'create-network', 'serve-discovery', 'fetch-token', 'render-files'],
      ...['boot-coreos', 'apply-user-data'],
    ]);
  });

  it('warns of an even number of nodes', async () => {
    const { warnings } = await plan(['--nodes', '4', '--memory', '256']);
    expect(warnings).toEqual([expect.stringContaining('4 nodes tolerate no more failures than 3')]);
  });

  it('takes another discovery service instead of its own, if it answers', async () => {
    const service = sandbox.start(['discovery', 'serve', '--port', '0']);
    const [said] = (await once(service.stdout, 'data')) as [Buffer];
    const url = /on (http:\S+);/.exec(said.toString())?.[1] ?? '';
    const { tasks } = await plan(['--discovery-url', url]);
    expect(tasks.map(({ kind }) => kind)).not.toContain('serve-discovery');
    expect(tasks.find(({ kind }) => kind === 'fetch-token')).toMatchObject({ url });
    service.kill('SIGINT');
    await once(service, 'exit');
    const args = ['up', 'coreos', '--dry-run', ...subnet, '--discovery-url', url];
    const { exitCode, stderr } = await sandbox.run(args);
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('LAB_DISCOVERY_UNREACHABLE') as string]);
    expect(stderr).toContain(url);
  });

  it('leaves out what it is told to', async () => {
    const all = await plan([]);
    const less = await plan(['--no-hosts', '--no-ssh-config', '--no-agent', '--no-play']);
    const left = kinds(all).filter((kind) => !kinds(less).includes(kind));
    expect(left).toEqual(['write-hosts', 'load-key', 'write-ssh-config', 'step']);
  });

  it('adds the machine asked for, where the book and the environment want it', async () => {
    const env = { DOKKU_IP: '10.119.3.7', DOKKU_DOMAIN: 'apps.test', BOX_MEMORY: '300', BOX_CPUS: '2' };
    const { machines } = await plan(['--with', 'dokku', '--memory', '256'], { env });
    expect(machines.at(-1)).toEqual({
      ...{ name: 'dokku', role: 'dokku', project: 'dokku', address: '10.119.3.7' },
      ...{ memoryMb: 300, cpus: 2, aliases: ['apps.test'] },
    });
  });

  it('says that Docker Desktop needs forwarded ports, and leaves the hosts file alone there', async () => {
    const { reasons, tasks } = await plan([], { env: { FAKE_DOCKER: 'desktop' } });
    expect(reasons).toContainEqual(expect.stringMatching(/HTTP checks go through forwarded ports/));
    expect(reasons).toContainEqual(expect.stringContaining('(Docker Desktop)'));
    expect(tasks.map(({ kind }) => kind)).not.toContain('write-hosts');
    expect(tasks.find(({ kind }) => kind === 'serve-discovery')).toMatchObject({
      address: 'host.docker.internal',
      bind: '127.0.0.1',
    });
  });

  it('makes a new cluster where the machines of a lab are gone, and begins the chapter again', async () => {
    await saveLab(sandbox);
    const { reasons, tasks } = await plan([]);
    expect(reasons).toContainEqual(
      expect.stringMatching(/^new cluster \(generation 2\): the disk of core-01, core-02, core-03 is gone/),
    );
    expect(tasks.find(({ kind }) => kind === 'step')?.id).toBe('step-etcd-members');
  });
});

describe('the fleet edition', () => {
  const url = 'https://github.com/coreos/fleet/releases/download/v1.0.0/fleet-v1.0.0-linux-amd64.tar.gz';
  let mirror: string;
  beforeEach(async () => {
    mirror = join(sandbox.dir, 'mirror');
    await mkdir(mirror);
    // Planning asks whether the file is there; only `up` reads it.
    await writeFile(join(mirror, 'fleet-v1.0.0-linux-amd64.tar.gz'), '');
  });

  it('is chosen where its archive is in LAB_MIRROR and the machines are amd64', async () => {
    const { edition, reasons, tasks } = await plan([], { env: { LAB_MIRROR: mirror } });
    expect(edition).toBe('fleet');
    expect(reasons).toContainEqual(expect.stringMatching(/^edition fleet .*its parts can be had$/));
    expect(tasks[0]).toMatchObject({ kind: 'fetch-artifacts', artifacts: ['fleet'] });
    const steps = tasks.flatMap((task) => (task.kind === 'step' ? [task.step] : []));
    expect(steps.map(({ id }) => id)).toEqual([
      ...['etcd-members', 'list-machines-fleet', 'sample-image', 'submit-fleet', 'start-fleet', 'open-fleet'],
      ...['lose-node', 'return-node', 'stop-fleet'],
    ]);
  });

  it('gives way to swarm on arm64', async () => {
    const env = { LAB_MIRROR: mirror, FAKE_DOCKER: 'arm64' };
    const { edition, reasons } = await plan([], { env });
    expect(edition).toBe('swarm');
    expect(reasons).toContainEqual(
      expect.stringContaining('not fleet because it is made for amd64 and the machines are arm64'),
    );
  });

  it('is refused on arm64 where it is asked for', async () => {
    const env = { LAB_MIRROR: mirror, FAKE_DOCKER: 'arm64' };
    const { exitCode, stderr } = await sandbox.run(
      ['up', 'coreos', '--edition', 'fleet', '--dry-run', ...subnet],
      { env },
    );
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('LAB_PROVIDER_UNSUPPORTED') as string]);
  });

  it('gives way to swarm without its archive, and says so', async () => {
    const { edition, reasons } = await plan([]);
    expect(edition).toBe('swarm');
    expect(reasons).toContainEqual(expect.stringContaining('is neither in the cache nor in LAB_MIRROR'));
  });

  it('ends before any machine is made when it is asked for without its archive', async () => {
    for (const dry of [['--dry-run'], []]) {
      const args = ['up', 'coreos', '--edition', 'fleet', ...subnet, '--no-hosts', ...dry];
      const { exitCode, stdout, stderr } = await sandbox.run(args);
      expect([exitCode, stdout]).toEqual([4, '']);
      expect(stderr).toContain(`The fleet edition needs ${url}, which cannot be had here.`);
      expect(stderr).toContain(
        'put it into a folder and set LAB_MIRROR to that folder; or use --edition swarm',
      );
      expect(stderr).toContain('LAB_ARTIFACT_UNAVAILABLE');
      expect(existsSync(sandbox.paths('coreos').dir)).toBe(false);
    }
  });
});

describe('a lab of a scenario file', () => {
  it('is planned from any folder', async () => {
    const file = join(sandbox.dir, 'mine.yaml');
    await writeFile(
      file,
      `name: mine
title: One machine
chapter: "1"
description: d
subnet: 10.119.3.0/24
machines:
  - { role: node, project: coreos, name: core-01, count: 1, firstAddress: 101, memoryMb: 128, cpus: 1 }
steps:
  - { id: one, title: One, checks: [{ title: t, hint: h, on: core-01, command: hostname }] }
`,
    );
    const { exitCode, stdout, stderr } = await sandbox.run(['up', file, '--dry-run', '--no-hosts']);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain('lab mine: One machine');
    expect(stdout).not.toContain('discovery');
  });
});
