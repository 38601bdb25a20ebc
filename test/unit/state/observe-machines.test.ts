import { expect, it } from 'vitest';
import { observeMachines, silenceProblems } from '../../../src/state/observe-machines.ts';
import { nodes } from '../plan/plan-fixture.ts';

it('asks once for each project, in its own folder', async () => {
  const asked: string[] = [];
  const machines = [...nodes(2), ...nodes(1).map((one) => ({ ...one, name: 'dokku', project: 'dokku' }))];
  const observe = (folder: string, names: readonly string[]) => {
    asked.push(`${folder}: ${names.join(' ')}`);
    return Promise.resolve(names.map((name) => ({ name, state: 'running' as const })));
  };
  const { signal } = new AbortController();
  const seen = await observeMachines(machines, { observe }, (project) => `/labs/${project}`, signal);
  expect(asked).toEqual(['/labs/coreos: core-01 core-02', '/labs/dokku: dokku']);
  expect(seen.map(({ name }) => name)).toEqual(['core-01', 'core-02', 'dokku']);
});

it('tells a machine that is half made from a provider that does not answer', () => {
  expect(silenceProblems([{ name: 'core-01', state: 'unknown', id: 'an id' }], 'docker')).toEqual([]);
  expect(silenceProblems([{ name: 'core-01', state: 'unknown' }], 'docker')).toMatchObject([
    { code: 'LAB_DOCKER_UNREACHABLE', severity: 'error' },
  ]);
});
