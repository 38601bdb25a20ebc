import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { serveDiscovery } from './support/discovery-serve.ts';
import { taskOf } from './support/events.ts';
import { LabUser } from './support/lab-user.ts';
import type { LabResult } from './support/lab-user.ts';
import { docker, dockerLines, output } from './support/machine-commands.ts';

let user: LabUser;
beforeEach(async () => {
  user = await LabUser.create();
});
afterEach(() => user.remove());

const one = ['--nodes', '1', '--no-play'];

function expectError({ exitCode, stderr, run }: LabResult, code: string, ...texts: string[]): void {
  expect(exitCode, run.describe()).toBe(4);
  const said = `${stderr}${JSON.stringify(run.events.at(-1) ?? '')}`;
  for (const text of [code, ...texts]) expect(said).toContain(text);
}

describe('nothing is made where lab finds out beforehand that', () => {
  afterEach(async () => {
    expect(await user.trace()).toEqual(user.before);
  });

  it('the address range asked for is taken', async () => {
    await docker('network', 'create', '--subnet', '192.168.60.0/24', 'lab-e2e-taken');
    try {
      expectError(await user.up(...one, '--subnet', '192.168.60.0/24'), 'LAB_ADDRESS_TAKEN', 'lab-e2e-taken');
      // The scenario's own range is no demand: another one is taken in its place.
      await docker('network', 'rm', 'lab-e2e-taken');
      await docker('network', 'create', '--subnet', '172.17.8.0/24', 'lab-e2e-taken');
      const { stdout } = await user.mustLab([...user.upArguments(...one), '--dry-run']);
      const plan = JSON.parse(stdout) as { subnet: string; reasons: string[] };
      expect(plan.subnet).toBe('192.168.56.0/24');
      expect(plan.reasons.join()).toContain('in use by Docker network lab-e2e-taken');
    } finally {
      await docker('network', 'rm', 'lab-e2e-taken');
    }
  });

  it('the port for the discovery service is taken', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '0.0.0.0', done));
    const port = String((other.address() as AddressInfo).port);
    try {
      expectError(await user.up(...one, '--discovery-port', port), 'LAB_PORT_TAKEN', port);
    } finally {
      await new Promise((done) => other.close(done));
    }
  });

  it('the discovery service of somebody else does not answer', async () => {
    const url = 'http://127.0.0.1:9';
    expectError(await user.up(...one, '--discovery-url', url), 'LAB_DISCOVERY_UNREACHABLE', url);
  });

  it('the Docker engine is not there', async () => {
    const dead = { DOCKER_HOST: 'unix:///run/lab-e2e-nobody.sock' };
    expectError(
      await user.lab(user.upArguments(...one), dead),
      'LAB_DOCKER_UNREACHABLE',
      'systemctl start docker',
    );
    expectError(await user.lab(['doctor'], dead), 'LAB_DOCKER_UNREACHABLE');
  });

  it('programs are missing or too old: all at once', async () => {
    const bin = await binWith(['ssh', 'ssh-keygen', 'ssh-add', 'ssh-agent']);
    const none = await user.lab(user.upArguments(...one), { PATH: bin });
    expectError(none, 'LAB_PREFLIGHT', 'LAB_VAGRANT_MISSING', 'LAB_DOCKER_MISSING');
    const old = await binWith(['ssh', 'ssh-keygen', 'ssh-add', 'docker']);
    await writeFile(join(old, 'vagrant'), '#!/bin/sh\necho Vagrant 2.2.19\n');
    await chmod(join(old, 'vagrant'), 0o755);
    const wrong = await user.lab(user.upArguments(...one), { PATH: old });
    expectError(wrong, 'LAB_PREFLIGHT', 'LAB_VAGRANT_VERSION', '2.2.19', 'LAB_TOOL_MISSING', 'ssh-agent');
  });

  it("the fleet edition's archive cannot be had", async () => {
    const cache = { LAB_CACHE: join(user.dir, 'empty-cache') };
    const fleet = ['up', 'coreos', '--json', '--edition', 'fleet', '--hosts-file', user.hostsFile];
    expectError(await user.lab(fleet, cache), 'LAB_ARTIFACT_UNAVAILABLE', 'LAB_MIRROR', '--edition swarm');
    const { stdout } = await user.mustLab(['up', 'coreos', '--json', '--dry-run'], cache);
    const plan = JSON.parse(stdout) as { edition: string; reasons: string[] };
    expect(plan.edition).toBe('swarm');
    expect(plan.reasons.join()).toMatch(/edition swarm .*not fleet because/);
  });

  /** A folder for PATH with these programs only. */
  async function binWith(programs: readonly string[]): Promise<string> {
    const bin = await mkdtemp(join(user.dir, 'bin-'));
    for (const program of programs)
      await symlink(await output('sh', ['-c', `command -v ${program}`]), join(bin, program));
    return bin;
  }
});

it('one machine of three cannot be made: the others are, and the same command makes it later', async () => {
  const obstacle = await docker('create', await anyImage(), 'true');
  onTestFinished(() => removeContainer(obstacle));
  await docker('rename', obstacle, 'coreos-core-02');
  const three = ['--nodes', '3', '--no-play'];
  const failed = await user.up(...three);
  expect(failed.exitCode, failed.run.describe()).toBe(5);
  const { error } = taskOf(failed, 'boot-coreos');
  expect(error).toMatchObject({ code: 'LAB_VAGRANT_FAILED', machine: 'core-02' });
  expect(error?.output).toMatch(/already in use/);
  const booted = ['coreos-core-01', 'coreos-core-03'];
  expect(await dockerLines('ps', '--format', '{{.Names}}')).toEqual(booted);
  const ids = await dockerLines('ps', '--quiet', '--no-trunc');
  await removeContainer(obstacle);
  const again = await user.up(...three);
  expect(again.exitCode, again.run.describe()).toBe(0);
  expect(taskOf(again, 'boot-coreos').message).toBe('1 running');
  expect(await dockerLines('ps', '--quiet', '--no-trunc')).toEqual(expect.arrayContaining(ids));
  const check = await user.lab(['check', 'coreos', '--only', 'etcd-members', '--json']);
  expect(check.exitCode, check.run.describe()).toBe(0);
  await user.mustLab(['destroy', 'coreos', '--yes']);
  expect(await user.trace()).toEqual(user.before);
});

it("the disk of LAB_HOME is full: nothing is lost, and with room it goes on; by another's discovery service", async () => {
  await mkdir(user.labHome);
  // Room for no more files, not for no more bytes: those the preflight asks for.
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2g,mode=0700,nr_inodes=6', 'lab-e2e', user.labHome]);
  // The address of docker0 in the sandbox: the nodes' other network.
  const service = await serveDiscovery(
    user,
    '--bind',
    '10.200.0.1',
    '--port',
    '0',
    '--allow',
    '10.200.0.0/24',
  );
  try {
    const args = [...one, '--discovery-url', service.url];
    expectError(await user.up(...args), 'LAB_STATE_UNWRITABLE');
    expect(await dockerLines('ps', '--all', '--quiet')).toEqual([]);

    execFileSync('mount', ['-o', 'remount,nr_inodes=1000', user.labHome]);
    const made = await user.up(...args);
    expect(made.exitCode, made.run.describe()).toBe(0);
    const state = await readFile(user.labFile('state.json'), 'utf8');
    expect((JSON.parse(state) as { generation: { discoveryUrl: string } }).generation.discoveryUrl).toContain(
      `${service.url}/`,
    );

    const fillers = await fill(user.labHome);
    const full = await user.lab(['play', 'coreos', '--only', 'etcd-members', '--json']);
    expectError(full, 'LAB_STATE_UNWRITABLE');
    expect(await readFile(user.labFile('state.json'), 'utf8')).toBe(state);
    await Promise.all(fillers.map((file) => rm(file)));
    await user.mustLab(['play', 'coreos', '--only', 'etcd-members']);
    await user.mustLab(['destroy', 'coreos', '--yes']);
    expect(await service.stop()).toBe(0);
    expect(await user.trace()).toEqual(user.before);
  } finally {
    await service.stop();
    execFileSync('umount', ['--lazy', user.labHome]);
  }
});

async function removeContainer(id: string): Promise<void> {
  if ((await dockerLines('ps', '--all', '--quiet', '--filter', `id=${id}`)).length > 0)
    await docker('rm', '--force', id);
}

/** Makes files until there is no room for one more. */
async function fill(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (;;) {
    const file = join(folder, `filler-${String(files.length)}`);
    try {
      await writeFile(file, '');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return files;
      throw error;
    }
    files.push(file);
  }
}

/** Any image that is there; the node image is, after the first lab of the sandbox. */
async function anyImage(): Promise<string> {
  const [image] = await dockerLines('image', 'ls', '--quiet', '--filter', 'reference=chapterlab/node');
  if (image !== undefined) return image;
  await user.mustLab(['prefetch', 'coreos', '--edition', 'swarm']);
  return anyImage();
}
