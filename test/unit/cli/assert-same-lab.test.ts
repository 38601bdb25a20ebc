import { beforeAll, describe, expect, it } from 'vitest';
import { assertSameLab } from '../../../src/cli/assert-same-lab.ts';
import type { ParameterValue, Scenario } from '../../../src/model/scenario.ts';
import { coreosScenario } from '../../support/coreos-scenario.ts';
import { formedState } from '../plan/plan-fixture.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await coreosScenario();
});

const state = { ...formedState(3), parameters: { nodes: 3, memory: 512, channel: '', domain: 'dokku.me' } };
const ask =
  (parameters: Record<string, ParameterValue>, asked: { edition?: string; subnet?: string } = {}) =>
  () => {
    assertSameLab(scenario, state, parameters, asked);
  };

describe('assertSameLab', () => {
  it('lets everything pass where there is no lab, and the same again where there is one', () => {
    expect(() => {
      assertSameLab(scenario, undefined, { nodes: 9 }, { edition: 'fleet' });
    }).not.toThrow();
    expect(ask({ nodes: 3, memory: 512 }, { edition: 'auto', subnet: '172.17.8.0/24' })).not.toThrow();
  });

  it('lets nodes be added, and a parameter that the lab was made without', () => {
    expect(ask({ nodes: 5, 'new-one': 'x' })).not.toThrow();
  });

  it('lets parameters be chosen that only machines read which the lab does not have yet', () => {
    expect(ask({ nodes: 3, domain: 'a.test' })).not.toThrow();
  });

  it('tells two scenario files of one name apart', () => {
    const asked = (reference: string) => () => {
      assertSameLab(scenario, state, { nodes: 3 }, { reference });
    };
    expect(asked('coreos')).not.toThrow();
    expect(asked('/home/u/coreos.yaml')).toThrow(
      'Lab coreos is there already: its scenario is coreos, not /home/u/coreos.yaml.',
    );
  });

  it('names all that would have to change', () => {
    expect(
      ask({ nodes: 2, memory: 1024, channel: 'beta' }, { edition: 'fleet', subnet: '10.0.0.0/24' }),
    ).toThrow(
      'Lab coreos is there already: --nodes is 3, not 2; --memory is 512, not 1024; --channel is empty, not beta; ' +
        'its edition is swarm, not fleet; its subnet is 172.17.8.0/24, not 10.0.0.0/24.',
    );
  });
});
