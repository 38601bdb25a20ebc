import { describe, expect, it } from 'vitest';
import { expandIncludes } from '../../../src/load/expand-includes.ts';
import { scenarioSchema } from '../../../src/model/scenario.ts';
import type { Scenario } from '../../../src/model/scenario.ts';
import { stepContext } from '../../../src/run/step-context.ts';
import { targetMachines } from '../../../src/run/target-machines.ts';
import { fakeRun } from '../../support/fake-run-context.ts';
import { savedState } from '../../support/saved-lab.ts';

const check = { title: 'it is there', hint: 'look', on: 'all', command: 'true' };
const group = (role: string, project: string) => ({
  role,
  project,
  name: role,
  count: 1,
  firstAddress: role === 'node' ? 101 : 50,
  memoryMb: 512,
  cpus: 1,
});
const parameter = (value: string) => ({ type: 'string', default: value, description: 'a text' });

function scenario(changes: object): Scenario {
  return scenarioSchema.parse({
    name: 'book',
    title: 'The book',
    chapter: '5',
    description: 'All of it.',
    subnet: '172.17.8.0/24',
    parameters: { packages: parameter('ours'), 'server-page': parameter('our page') },
    machines: [group('node', 'coreos'), group('server', 'server')],
    ...changes,
  });
}

const puppet = scenario({
  name: 'puppet',
  title: 'Puppet',
  parameters: { packages: parameter('theirs'), page: parameter('their page'), size: parameter('small') },
  editions: { module: { description: 'with' }, core: { description: 'without' } },
  machines: [group('agent', 'server')],
  artifacts: { base: { url: 'https://example.org/base', architectures: ['amd64'], obtain: 'fetch it' } },
  steps: [
    { id: 'install', title: 'Install', checks: [check] },
    { id: 'module', title: 'Module', edition: 'module', checks: [check] },
    { id: 'apply', title: 'Apply', edition: 'core', needs: ['install'], checks: [check] },
  ],
});

describe('expandIncludes', () => {
  const own = scenario({
    include: [{ scenario: 'puppet', role: 'server', edition: 'core', parameters: { page: 'server-page' } }],
    steps: [{ id: 'last', title: 'Last', needs: ['puppet-apply'], checks: [check] }],
  });

  it('puts the steps of one edition before the own ones, under names of their own', () => {
    const { scenario: expanded, problems } = expandIncludes(own, [puppet]);
    expect(problems).toEqual([]);
    expect(expanded.steps.map(({ id, needs, edition }) => ({ id, needs, edition }))).toEqual([
      { id: 'puppet-install', needs: [], edition: undefined },
      { id: 'puppet-apply', needs: ['puppet-install'], edition: undefined },
      { id: 'last', needs: ['puppet-apply'], edition: undefined },
    ]);
    expect(Object.keys(expanded.artifacts)).toEqual(['base']);
  });

  it('has their texts see their own parameters and their own group of machines', () => {
    const [step] = expandIncludes(own, [puppet]).scenario.steps;
    const [node] = savedState.machines;
    if (node === undefined) throw new Error('the saved lab has machines');
    const machines = [node, { ...node, name: 'srv', role: 'server' }];
    const state = { ...savedState, machines, parameters: { packages: 'mine', 'server-page': 'hello' } };
    const { context } = fakeRun({ machines, state });
    const values = stepContext(context, step?.scope);
    expect(values.render('{{packages}} {{page}} {{size}} {{first.name}}', {})).toBe('mine hello small srv');
    const all = targetMachines('all', values.machines, values.render);
    expect(all).toMatchObject([{ name: 'srv' }]);
    expect(targetMachines('core-01', values.machines, values.render)).toMatchObject([{ name: 'core-01' }]);
  });

  it('says what is wrong with an inclusion, at its place', () => {
    const wrong = scenario({
      include: [
        { scenario: 'puppet', role: 'servr', edition: 'cor', parameters: { pge: 'page', page: 'x' } },
      ],
      artifacts: { base: { url: 'https://example.org/other', architectures: ['amd64'], obtain: 'fetch it' } },
    });
    const found = expandIncludes(wrong, [puppet]).problems;
    expect(found.map(({ path }) => path.join('.'))).toEqual([
      'include.0.role',
      'include.0.edition',
      'include.0.parameters.pge',
      'include.0.parameters.pge',
      'include.0.parameters.page',
      'include.0.scenario',
    ]);
    expect(found[0]?.message).toContain("did you mean 'server'?");
    const unnamed = scenario({ include: [{ scenario: 'puppet', role: 'server' }] });
    expect(expandIncludes(unnamed, [puppet]).problems.map(({ path }) => path.join('.'))).toEqual([
      'include.0.scenario',
      'include.0.scenario',
    ]);
    expect(expandIncludes(scenario({}), []).problems).toMatchObject([
      { message: 'there are no steps: `steps` or `include`' },
    ]);
  });
});
