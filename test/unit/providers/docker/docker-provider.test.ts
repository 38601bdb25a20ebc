import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RecordShared } from '../../../../src/host/shared-journal.ts';
import { DockerProvider } from '../../../../src/providers/docker/docker-provider.ts';
import { fakeExec } from '../../../support/fake-exec.ts';
import type { FakeExec, ScriptedCommand } from '../../../support/fake-exec.ts';
import { dockerFixture, engineDown, ownNetworks } from './docker-fixture.ts';

const owner = { lab: 'coreos', home: '/no such/lab home' };
const imageDir = fileURLToPath(new URL('../../../../vagrant/node-image', import.meta.url));
const network = { name: 'coreos', subnet: '172.17.8.0/24', gateway: '172.17.8.1' };
const machine = {
  name: 'core-01',
  role: 'node',
  project: 'coreos',
  address: '172.17.8.101',
  memoryMb: 512,
  cpus: 1,
  aliases: [],
};
/** The ids of core-01 (running), core-02 (exited), core-03 (running, not on the lab's network) in ps.txt. */
const [one = '', three = '', two = ''] = dockerFixture('ps.txt')
  .split('\n')
  .map((line) => line.split('\t')[0] ?? '');

const info: ScriptedCommand = { command: /^docker info/, result: { stdout: dockerFixture('info.json') } };
const desktop: ScriptedCommand = {
  command: /^docker info/,
  result: {
    stdout: JSON.stringify({
      ...(JSON.parse(dockerFixture('info.json')) as object),
      OperatingSystem: 'Docker Desktop',
    }),
  },
};
const image: ScriptedCommand = { command: /^docker image inspect/ };
const list: ScriptedCommand = { command: /^docker ps /, result: { stdout: dockerFixture('ps.txt') } };

const record: RecordShared = (_change, make) => make();

let folder = '';
let projectDir = '';

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'lab-docker-provider-')));
  projectDir = join(folder, 'coreos');
  mkdirSync(projectDir);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function provider(
  script: readonly ScriptedCommand[],
  env: NodeJS.ProcessEnv = {},
): { docker: DockerProvider; fake: FakeExec } {
  const fake = fakeExec(script);
  return { docker: new DockerProvider({ exec: fake.exec, imageDir, cacheDir: folder, env, record }), fake };
}

function vagrantMade(name: string, id: string): void {
  const path = join(projectDir, '.vagrant/machines', name, 'docker/id');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, id);
}

const names = ['core-01', 'core-02', 'core-03', 'core-04'];

describe('DockerProvider.facts', () => {
  it('describes engine, privileges and image with two questions', async () => {
    const { docker, fake } = provider([info, image], { LAB_DOCKER_PRIVILEGED: 'yes' });
    expect(await docker.facts()).toMatchObject({
      description: 'docker 20.10.24+dfsg1, machines run with --privileged',
      problems: [],
      architecture: 'amd64',
      forwardsPorts: false,
      image: { name: expect.stringMatching(/^chapterlab\/node:/) as string, present: true },
    });
    expect(fake.calls).toHaveLength(2);
  });

  it('answers without an engine too', async () => {
    const { docker } = provider([{ command: /^docker/, result: engineDown }]);
    const facts = await docker.facts();
    expect(facts.problems.map((problem) => problem.code)).toEqual(['LAB_DOCKER_UNREACHABLE']);
    expect(facts.image?.present).toBe(false);
    expect(await docker.usedSubnets({ name: 'coreos', owner })).toEqual({ used: [], ownPresent: false });
    expect(await docker.observe(projectDir, ['core-01'])).toEqual([{ name: 'core-01', state: 'unknown' }]);
  });
});

describe('DockerProvider.observe', () => {
  it('tells running, stopped, half-made and absent machines apart with one question', async () => {
    vagrantMade('core-01', one);
    vagrantMade('core-02', two);
    vagrantMade('core-03', three);
    const { docker, fake } = provider([list]);
    expect(await docker.observe(projectDir, names)).toEqual([
      { name: 'core-01', state: 'running', id: one },
      { name: 'core-02', state: 'stopped', id: two },
      { name: 'core-03', state: 'unknown', id: three },
      { name: 'core-04', state: 'absent' },
    ]);
    expect(fake.calls).toHaveLength(1);
    expect(fake.calls[0]).toContain(`--filter label=chapterlab.project=${projectDir} `);
  });

  it('does not take a container for a machine that Vagrant was killed over', async () => {
    vagrantMade('core-01', 'preparing');
    const { docker } = provider([list]);
    expect(await docker.observe(projectDir, ['core-01', 'core-02'])).toEqual([
      { name: 'core-01', state: 'unknown', id: one },
      { name: 'core-02', state: 'unknown', id: two },
    ]);
  });

  it('asks for the folder that Vagrant sees, also where it is gone', async () => {
    const link = join(folder, 'link');
    symlinkSync(projectDir, link);
    const { docker, fake } = provider([{ command: /^docker ps/ }]);
    await docker.observe(link, ['core-01']);
    expect(fake.calls[0]).toContain(`chapterlab.project=${projectDir} `);
    const gone = join(folder, 'gone');
    expect(await docker.observe(gone, ['core-01'])).toEqual([{ name: 'core-01', state: 'absent' }]);
    expect(fake.calls[1]).toContain(`chapterlab.project=${gone} `);
  });
});

describe('DockerProvider', () => {
  it('discards the machines that are named, and all of a project', async () => {
    const { docker, fake } = provider([list, { command: /^docker rm/ }]);
    expect(await docker.discard(projectDir, ['core-03'])).toEqual(['core-03']);
    expect(fake.calls[1]).toBe(`docker rm --force --volumes ${three}`);
    expect(await docker.removeStrays(projectDir)).toEqual(['core-01', 'core-03', 'core-02']);
    expect(fake.calls[2]).toContain(`--filter label=chapterlab.project=${projectDir} `);
  });

  it('takes an engine that does not answer for no proof that nothing is there', async () => {
    const { docker } = provider([{ command: /^docker ps/, result: engineDown }]);
    await expect(docker.removeStrays(projectDir)).rejects.toMatchObject({ code: 'LAB_DOCKER_FAILED' });
    await expect(docker.discard(projectDir, ['core-01'])).rejects.toMatchObject({
      code: 'LAB_DOCKER_FAILED',
    });
  });

  it.each([
    ['its own network', ownNetworks(owner), {}],
    ["another's of its name, which it tells", dockerFixture('networks.json'), { isForeign: true }],
  ])('keeps %s out of the ranges in use', async (_, stdout, isForeign) => {
    const { docker } = provider([
      { command: /network ls/, result: { stdout: 'a\n' } },
      { command: /network inspect/, result: { stdout } },
    ]);
    expect(await docker.usedSubnets({ name: 'coreos', owner })).toEqual({
      used: [{ subnet: '10.200.0.0/24', owner: 'Docker network bridge' }],
      ownPresent: true,
      ...isForeign,
    });
  });

  it('reaches machines by their own addresses on Linux', async () => {
    const { docker } = provider([info, image]);
    await docker.facts();
    expect(await docker.endpoint(projectDir, machine, 80)).toEqual({ host: '172.17.8.101', port: 80 });
    expect(docker.hostAccess(network)).toEqual({
      address: '172.17.8.1',
      bind: '172.17.8.1',
      sources: ['172.17.8.0/24'],
    });
  });

  it('reaches them by forwarded ports on Docker Desktop', async () => {
    vagrantMade('core-01', one);
    const ports = { stdout: dockerFixture('ports.json') };
    const { docker } = provider([desktop, image, { command: /^docker inspect/, result: ports }]);
    expect((await docker.facts()).forwardsPorts).toBe(true);
    expect(await docker.endpoint(projectDir, machine, 22)).toEqual({ host: '127.0.0.1', port: 32831 });
    await expect(docker.endpoint(projectDir, machine, 443)).rejects.toMatchObject({
      code: 'LAB_PORT_UNPUBLISHED',
    });
    expect(docker.hostAccess(network)).toMatchObject({ address: 'host.docker.internal', bind: '127.0.0.1' });
  });

  it("gives the Vagrantfile what it reads, with the lab's key", async () => {
    const { docker } = provider([info], { LAB_DOCKER_PRIVILEGED: 'no' });
    const settings = await docker.vagrantSettings({
      lab: 'coreos',
      network: 'coreos',
      authorizedKey: 'ssh-ed25519 AAAA lab',
      linkedClones: false,
      box: undefined,
    });
    expect(settings).toMatchObject({ network_name: 'coreos', forward_ports: false });
    expect(settings['docker_create_args']).toEqual(
      expect.arrayContaining(['--cap-drop', 'SYS_RESOURCE', 'LAB_AUTHORIZED_KEY=ssh-ed25519 AAAA lab']),
    );
  });
});
