import { chmod, copyFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { taskOf } from './support/events.ts';
import { LabUser } from './support/lab-user.ts';
import { docker, dockerLines, output } from './support/machine-commands.ts';

let user: LabUser;
beforeEach(async () => {
  user = await LabUser.create();
});
afterEach(() => user.remove());

const ssh = (...args: string[]): Promise<string> =>
  output('ssh', ['-F', join(user.home, '.ssh', 'config'), '-o', 'BatchMode=yes', ...args], { env: user.env });

it('lab up dokku: the machine is there by its name; what needs the internet says so', async () => {
  const env = { DOKKU_IP: '10.0.0.7', DOKKU_DOMAIN: 'dokku.test', BOX_MEMORY: '700' };
  const up = ['up', 'dokku', '--json', '--hosts-file', user.hostsFile];
  const result = await user.lab(up, env);
  expect(result.exitCode, result.run.describe()).toBe(4);
  expect(result.run.report.status).toBe('blocked');
  expect(taskOf(result, 'step-reach-machine').status).toBe('passed');
  expect(taskOf(result, 'step-make-room').status).toBe('passed');
  const install = taskOf(result, 'step-install-dokku');
  expect(install.status).toBe('blocked');
  expect(install.message).toContain('not obtainable here');
  expect(install.message).toContain('The file name for LAB_MIRROR is bootstrap.sh');
  expect(taskOf(result, 'step-add-key').status).toBe('pending');

  expect(await readFile(user.hostsFile, 'utf8')).toMatch(
    /^10\.0\.0\.7\s+dokku dokku\.test codeit\.dokku\.test first-app\.dokku\.test$/m,
  );
  expect(await ssh('dokku', 'hostname', '-I')).toContain('10.0.0.7');
  expect(await ssh('dokku.test', 'id', '-un')).toBe('core');
  // Debian's Docker has no buildx, which Dokku's package depends on.
  expect(await ssh('dokku', 'command -v dockerd || echo none')).toBe('none');
  const memory = await dockerLines('inspect', '--format', '{{.HostConfig.Memory}}', 'dokku-dokku');
  expect(memory).toEqual([String(700 * 2 ** 20)]);

  // Without the variables: the lab remembers them.
  const again = await user.lab(up);
  expect(again.exitCode, again.run.describe()).toBe(4);
  expect(again.run.report.tasks.map(({ kind }) => kind)).not.toContain('boot-machines');
  await user.mustLab(['destroy', 'dokku', '--yes']);
  expect(await user.trace()).toEqual(user.before);
});

it('lab up coreos --with dokku: one more machine beside the cluster', async () => {
  const result = await user.up('--nodes', '1', '--with', 'dokku', '--no-play');
  expect(result.exitCode, result.run.describe()).toBe(0);
  const { machines, generation } = await user.state();
  expect(machines.map(({ name }) => name)).toEqual(['core-01', 'dokku']);
  expect(generation?.members).toEqual(['core-01']);
  for (const name of ['core-01', 'dokku', 'dokku.me'])
    expect(await ssh(name, 'hostname'), name).toMatch(name === 'core-01' ? 'core-01' : /^dokku/);
  // The machines see each other.
  const banner = `head -c 3 </dev/tcp/${machines[1]?.address ?? ''}/22`;
  expect(await ssh('core-01', banner)).toBe('SSH');
  const again = await user.up('--nodes', '1', '--no-play');
  expect(again.run.report.status).toBe('unchanged');
  await user.mustLab(['destroy', 'coreos', '--yes']);
  expect(await user.trace()).toEqual(user.before);
});

/**
 * A copy of the cache, so that what a test puts into a mirror is neither there for other tests nor remembered.
 */
async function ownCache(): Promise<string> {
  const cache = join(user.dir, 'cache');
  await mkdir(cache, { recursive: true });
  const shared = user.env['LAB_CACHE'] ?? '';
  await cp(shared, cache, { recursive: true, filter: (path) => !path.includes('artifacts') });
  return cache;
}

/** What a machine has where there is internet, and the node image has not: git (this host's), wget, and a Docker with buildx. */
async function equip(container: string): Promise<void> {
  const plugin = join(user.dir, 'docker-buildx');
  const metadata = JSON.stringify({ SchemaVersion: '0.1.0', Vendor: 'test', Version: 'v0' });
  await writeFile(plugin, `#!/bin/sh\necho '${metadata}'\n`, { mode: 0o755 });
  await docker('exec', container, 'mkdir', '-p', '/usr/libexec/docker/cli-plugins');
  await docker('cp', plugin, `${container}:/usr/libexec/docker/cli-plugins/docker-buildx`);
  await docker('exec', container, 'ln', '-sf', '/bin/busybox', '/usr/local/bin/wget');
  await docker('cp', '--follow-link', '/usr/bin/git', `${container}:/usr/bin/git`);
  await docker('exec', container, 'git', '--version');
}

// What this proves is our side: keys, git, names, the application's Dockerfile and port, and that each check can pass and
// fail. The Dokku in it is a script that prints what Dokku's documentation and source say: test/fixtures/dokku/bootstrap.sh.
it('lab up dokku, with a stand-in for Dokku in LAB_MIRROR: every step passes', async () => {
  const mirror = join(user.dir, 'mirror');
  await mkdir(mirror);
  await copyFile(resolve('test/fixtures/dokku/bootstrap.sh'), join(mirror, 'bootstrap.sh'));
  await chmod(join(mirror, 'bootstrap.sh'), 0o644);
  const env = { LAB_MIRROR: mirror, LAB_CACHE: await ownCache(), DOKKU_DOMAIN: 'dokku.test' };
  const up = ['up', 'dokku', '--json', '--hosts-file', user.hostsFile];
  await user.mustLab([...up, '--no-play'], env);
  await equip('dokku-dokku');

  const played = await user.lab(up, env);
  expect(played.exitCode, played.run.describe()).toBe(0);
  const steps = played.run.report.tasks.filter(({ kind }) => kind === 'step');
  expect(steps.map(({ id, status }) => `${id} ${status}`)).toEqual(
    [
      ...[
        'reach-machine',
        'make-room',
        'install-dokku',
        'add-key',
        'set-domain',
        'make-codeit',
        'push-codeit',
      ],
      ...['receive-chain', 'logs', 'command-in-container', 'make-first-app', 'edit-and-push', 'destroy-app'],
    ].map((id) => `step-${id} passed`),
  );

  // The same again, on the machine as the steps left it.
  const again = await user.lab(
    ['play', 'dokku', '--json', '--from', 'add-key', '--until', 'push-codeit'],
    env,
  );
  expect(again.exitCode, again.run.describe()).toBe(0);
  const lasting = await user.lab(['check', 'dokku', '--json'], env);
  expect(lasting.exitCode, lasting.run.describe()).toBe(0);

  // Dokku drops requests for names that it does not know.
  const page = (name: string): Promise<string> =>
    ssh('dokku', `curl -s -o /dev/null -w '%{http_code}' -H 'Host: ${name}' http://127.0.0.1/`);
  expect(await page('codeit.dokku.test')).toBe('200');
  expect(await page('other.dokku.test')).not.toBe('200');
  await user.mustLab(['destroy', 'dokku', '--yes']);
  expect(await user.trace()).toEqual(user.before);
});

it('the other labs whose parts are not here go up to the first of them, and say which it is', async () => {
  const cases = [
    { scenario: 'dokku-wordpress', passed: [], blocked: 'install-dokku', file: 'bootstrap.sh' },
    {
      scenario: 'chef',
      passed: ['remove-docker'],
      blocked: 'install-chef',
      file: 'cinc_18.6.2-1_amd64.deb',
    },
  ];
  for (const { scenario, passed, blocked, file } of cases) {
    const result = await user.lab(['up', scenario, '--json', '--hosts-file', user.hostsFile]);
    expect(result.exitCode, result.run.describe()).toBe(4);
    expect(result.run.report.status).toBe('blocked');
    for (const id of passed) expect(taskOf(result, `step-${id}`).status).toBe('passed');
    const task = taskOf(result, `step-${blocked}`);
    expect(task.status).toBe('blocked');
    expect(task.message).toContain('not obtainable here');
    expect(task.message).toContain(`The file name for LAB_MIRROR is ${file}`);
    await user.mustLab(['destroy', scenario, '--yes']);
  }
  expect(await user.trace()).toEqual(user.before);
});
