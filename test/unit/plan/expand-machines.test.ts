import { beforeAll, describe, expect, it } from 'vitest';
import { resolveParameters } from '../../../src/load/parameters.ts';
import type { Machine } from '../../../src/model/machine.ts';
import type { Scenario } from '../../../src/model/scenario.ts';
import { expandMachines } from '../../../src/plan/expand-machines.ts';
import { renderTemplate } from '../../../src/provision/render.ts';
import { coreosScenario } from '../../support/coreos-scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await coreosScenario();
});

function expand(given: Record<string, string>, roles: string[] = []): Machine[] {
  const parameters = resolveParameters(scenario, given, {});
  const render = (source: string, values: Record<string, unknown>): string =>
    renderTemplate({ file: 'scenario', source, values });
  return expandMachines(scenario, parameters, roles, '192.168.56.0/24', render);
}

describe('expandMachines', () => {
  it('counts names and addresses from one', () => {
    const machines = expand({ nodes: '9', memory: '300' });
    expect(machines.map(({ name, address }) => `${name} ${address}`)).toEqual(
      Array.from({ length: 9 }, (_, index) => `core-0${index + 1} 192.168.56.${101 + index}`),
    );
    expect(machines[0]).toMatchObject({
      role: 'node',
      project: 'coreos',
      memoryMb: 300,
      cpus: 1,
      aliases: [],
    });
  });

  it('brings optional machines when they are asked for, at an address of their own where one is given', () => {
    expect(expand({}, []).map(({ role }) => role)).toEqual(['node', 'node', 'node']);
    expect(expand({}, ['dokku']).at(-1)).toMatchObject({
      ...{ name: 'dokku', address: '192.168.56.100', memoryMb: 1024, aliases: ['dokku.me'] },
    });
    const own = expand({ 'dokku-address': '192.168.56.7', domain: 'apps.test' }, ['dokku']).at(-1);
    expect(own).toMatchObject({ address: '192.168.56.7', aliases: ['apps.test'] });
  });

  it.each([
    '*',
    '!core-01',
    'a b',
    'a\n  ProxyCommand id',
    'a#',
    '-oProxyCommand=id',
    '$(id)',
    '../x',
    'localhost',
    'app.localhost',
    'a..b',
    'x'.repeat(64),
    'ünïcode',
    'a\u202eb',
  ])('refuses %j as a name: the hosts file, ssh and Vagrant would read more into it', (name) => {
    const group = { ...scenario.machines[0], aliases: [] } as unknown as Scenario['machines'][number];
    const render = (template: string): string => (template === 'T' ? name : template);
    const expandGroup = (own: Partial<typeof group>): Machine[] =>
      expandMachines(
        { ...scenario, machines: [{ ...group, name: 'ok', count: 1, memoryMb: 64, cpus: 1, ...own }] },
        {},
        [],
        '192.168.56.0/24',
        render,
      );
    expect(expandGroup({})).toHaveLength(1);
    for (const own of [{ name: 'T' }, { aliases: ['T'] }]) {
      expect(() => expandGroup(own)).toThrow(
        expect.objectContaining({ code: 'LAB_PARAMETER_INVALID' }) as Error,
      );
    }
  });
});
