import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { taskOf } from './support/events.ts';
import { LabUser } from './support/lab-user.ts';
import { dockerLines, output } from './support/machine-commands.ts';

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
  const install = taskOf(result, 'step-install-dokku');
  expect(install.status).toBe('blocked');
  expect(install.message).toContain('not obtainable here');
  expect(taskOf(result, 'step-add-key').status).toBe('pending');

  expect(await readFile(user.hostsFile, 'utf8')).toMatch(/^10\.0\.0\.7\s+dokku dokku\.test$/m);
  expect(await ssh('dokku', 'hostname', '-I')).toContain('10.0.0.7');
  expect(await ssh('dokku.test', 'id', '-un')).toBe('core');
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
