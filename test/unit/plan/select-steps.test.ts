import { beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/model/errors.ts';
import type { Scenario } from '../../../src/model/scenario.ts';
import { selectSteps, type StepSelection } from '../../../src/plan/select-steps.ts';
import { coreosScenario } from '../../support/coreos-scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await coreosScenario();
});
const ids = (edition: string | undefined, selection?: StepSelection): string[] =>
  selectSteps(scenario, edition, selection).map(({ id }) => id);

describe('selectSteps', () => {
  it('gives both editions the same chapter', () => {
    const plain = (id: string): string => id.replace(/-fleet$/, '');
    const swarm = ids('swarm').filter((id) => id !== 'form-swarm');
    expect(ids('fleet').map(plain)).toEqual(swarm);
    expect(ids(undefined)).toEqual(['etcd-members', 'sample-image', 'lose-node', 'return-node']);
  });

  it('cuts at both ends, which are included', () => {
    expect(ids('swarm', { from: 'start', until: 'lose-node' })).toEqual(['start', 'open', 'lose-node']);
    expect(ids('swarm', { from: 'stop' })).toEqual(['stop']);
    expect(ids('swarm', { until: 'etcd-members' })).toEqual(['etcd-members']);
  });

  it("takes single steps in the chapter's order", () => {
    expect(ids('swarm', { only: ['stop', 'start'] })).toEqual(['start', 'stop']);
  });

  it.each<StepSelection>([
    { only: ['start-fleet'] },
    { from: 'nowhere' },
    { until: 'nowhere' },
    { from: 'stop', until: 'start' },
  ])('refuses %j', (selection) => {
    expect(() => ids('swarm', selection)).toThrow(UsageError);
  });
});
