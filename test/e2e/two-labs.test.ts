import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LabUser } from './support/lab-user.ts';
import { docker, dockerLines, output } from './support/machine-commands.ts';

let user: LabUser;
beforeEach(async () => {
  user = await LabUser.create();
});
afterEach(() => user.remove());

/** A scenario with the name `second` that prefers the same range as the other lab. */
async function writeSecond(subnet: string): Promise<string> {
  await user.mustLab(['new', 'second', '--dir', user.dir]);
  const file = join(user.dir, 'second', 'second.yaml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/^subnet: .*$/m, `subnet: ${subnet}`));
  return file;
}

async function addressesOf(container: string): Promise<string[]> {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}';
  return (await docker('inspect', '--format', format, container)).split(' ');
}

it('two labs that begin at the same moment choose different addresses, share the files of the host, and go one by one', async () => {
  const first = user.upArguments('--nodes', '1', '--no-play');
  const file = await writeSecond('172.17.8.0/24');
  const second = ['up', file, '--json', '--no-play', '--hosts-file', user.hostsFile];
  for (const made of await Promise.all([user.lab(first), user.lab(second)]))
    expect(made.exitCode, made.run.describe()).toBe(0);
  const subnets = [(await user.state('coreos')).subnet, (await user.state('second')).subnet];
  expect(subnets.sort()).toEqual(['172.17.8.0/24', '192.168.56.0/24']);

  const hosts = await readFile(user.hostsFile, 'utf8');
  for (const [name, container] of [
    ['core-01', 'coreos-core-01'],
    ['second-web', 'second-second-web'],
  ] as const) {
    const [, address = 'none'] = new RegExp(`^([\\d.]+)\\t.*\\b${name}\\b`, 'm').exec(hosts) ?? [];
    expect(await addressesOf(container)).toContain(address);
    const config = join(user.home, '.ssh', 'config');
    expect(await output('ssh', ['-F', config, name, 'hostname'])).toBe(name);
  }

  await user.mustLab(['destroy', 'second', '--yes']);
  const check = await user.lab(['check', 'coreos', '--only', 'etcd-members', '--json']);
  expect(check.exitCode, check.run.describe()).toBe(0);
  expect(await output('ssh', ['-F', join(user.home, '.ssh', 'config'), 'core-01', 'hostname'])).toBe(
    'core-01',
  );

  // One is killed while the other is at work.
  const again = user.start(second);
  await again.when((event) => event.type === 'task-started' && event.task.startsWith('boot-'));
  const removal = user.start(['destroy', 'coreos', '--yes', '--json']);
  const refusals = [second, ['destroy', 'second', '--yes']].map((args) => user.lab(args));
  const looks = [['status', 'second'], ['list']].map((args) => user.mustLab(args));
  for (const refused of await Promise.all(refusals)) {
    expect(refused.exitCode, refused.run.describe()).toBe(4);
    expect(refused.stderr).toMatch(
      /^Error: Lab second is in use: process \d+ \(lab up\) .* since 2.*\n.*Wait for it/,
    );
  }
  await Promise.all(looks);
  await removal.when((event) => event.type === 'task-started');
  await again.interrupt('SIGKILL');
  expect((await removal.ended).exitCode, removal.describe()).toBe(0);
  expect(await dockerLines('network', 'ls', '--format', '{{.Name}}')).toContain('chapterlab-second');
  await user.mustLab(['destroy', 'second', '--yes']);
  expect(await user.trace()).toEqual(user.before);
});
