import { expect, it } from 'vitest';
import { taskOf } from './support/events.ts';
import { cacheWithoutArtifacts, userWithPackages } from './support/package-repository.ts';

it('lab up apt-cacher without the base image stops there, and says what to do', async () => {
  const { user, repository } = await userWithPackages();
  const env = { LAB_CACHE: await cacheWithoutArtifacts(user) };
  const up = ['up', 'apt-cacher', '--json', '--hosts-file', user.hostsFile];
  const stopped = await user.lab([...up, '--packages', repository.source], env);
  expect(stopped.exitCode, stopped.run.describe()).toBe(4);
  const base = taskOf(stopped, 'step-base-image');
  expect(base.status).toBe('blocked');
  expect(base.message).toContain('not obtainable here');
  expect(base.message).toContain('LAB_MIRROR');
  expect(taskOf(stopped, 'step-book-image').status).toBe('pending');
  await user.mustLab(['destroy', 'apt-cacher', '--yes']);
  expect(await user.trace()).toEqual(user.before);
});

it('lab prove apt-cacher: builds are served from the cache, and each check notices what it guards', async () => {
  const { user, repository } = await userWithPackages();
  const env = { LAB_CACHE: await cacheWithoutArtifacts(user), LAB_MIRROR: repository.mirror };
  const prove = ['prove', 'apt-cacher', '--json', '--hosts-file', user.hostsFile];
  const proved = await user.lab([...prove, '--packages', repository.source], env);
  expect(proved.exitCode, proved.run.describe()).toBe(0);
  const titles = proved.run.report.tasks.flatMap((task) => task.checks).map(({ title }) => title);
  expect(titles.filter((title) => title.startsWith('broken (')).length).toBeGreaterThanOrEqual(9);
  // A dozen builds install it; the repository is asked by those that begin with an empty cache: the first, the first again,
  // and after two of the mutations.
  expect(repository.packagesAsked.filter((path) => path.includes('/hello_'))).toHaveLength(4);
  expect(await user.trace()).toEqual(user.before);
});
