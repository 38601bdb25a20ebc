import { expect, it } from 'vitest';
import { cacheWithoutArtifacts, userWithPackages } from './support/package-repository.ts';

it('lab up chapter-5 plays every part that can be had, in order, on one set of machines', async () => {
  const { user, repository } = await userWithPackages();
  const env = { LAB_CACHE: await cacheWithoutArtifacts(user), LAB_MIRROR: repository.mirror };
  const options = ['--nodes', '1', '--edition', 'swarm', '--packages', repository.source];
  const up = await user.lab(['up', 'chapter-5', ...options, '--json', '--hosts-file', user.hostsFile], env);
  // Chef's and Dokku's own parts are on the internet only.
  expect(up.exitCode, up.run.describe()).toBe(4);
  const steps = up.run.report.tasks.filter(({ kind }) => kind === 'step');
  const parts = ['chef', 'puppet', 'apt-cacher', 'dokku', 'coreos'];
  const statuses = parts.map((part) => {
    const own = steps.filter(({ id }) => id.startsWith(`step-${part}-`));
    return [part, ...new Set(own.map(({ status }) => status))];
  });
  expect(statuses, up.run.describe()).toEqual([
    ['chef', 'passed', 'blocked', 'skipped'],
    ['puppet', 'passed'],
    ['apt-cacher', 'passed'],
    ['dokku', 'passed', 'blocked', 'skipped'],
    // A node is only lost where there are three.
    ['coreos', 'passed', 'skipped'],
  ]);
  const blocked = steps.filter(({ status }) => status === 'blocked').map(({ message }) => message ?? '');
  expect(blocked).toEqual([expect.stringContaining('cinc_'), expect.stringContaining('bootstrap.sh')]);
  const machines = up.run.report.tasks
    .filter(({ kind }) => kind === 'boot-machines')
    .map(({ title }) => title);
  expect(machines.join()).toMatch(/core-01.*server.*dokku/);
  await user.mustLab(['destroy', 'chapter-5', '--yes']);
  expect(await user.trace()).toEqual(user.before);
});
