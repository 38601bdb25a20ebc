import { expect, it } from 'vitest';
import { cacheWithoutArtifacts, userWithPackages } from './support/package-repository.ts';

it('lab prove puppet: takes the edition whose parts can be had, and a second run changes nothing', async () => {
  const { user, repository } = await userWithPackages();
  const env = { LAB_CACHE: await cacheWithoutArtifacts(user) };
  const prove = ['prove', 'puppet', '--json', '--hosts-file', user.hostsFile];
  const proved = await user.lab([...prove, '--packages', repository.source], env);
  expect(proved.exitCode, proved.run.describe()).toBe(0);
  const { tasks } = proved.run.report;
  expect(tasks.map(({ id }) => id)).not.toContain('step-install-module');
  const titles = tasks.flatMap((task) => task.checks).map(({ title }) => title);
  expect(titles).toContain('the second run changes nothing');
  expect(titles.filter((title) => title.startsWith('broken (')).length).toBeGreaterThanOrEqual(7);
  expect(repository.packagesAsked.some((path) => path.includes('/docker.io_'))).toBe(true);
  expect(await user.trace()).toEqual(user.before);
});
