import { beforeAll, describe, expect, it } from 'vitest';
import type { Facts } from '../../../src/model/facts.ts';
import type { Scenario } from '../../../src/model/scenario.ts';
import { chooseEdition, type EditionChoice } from '../../../src/plan/choose-edition.ts';
import { coreosScenario } from '../../support/coreos-scenario.ts';
import { emptyHost } from './plan-fixture.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await coreosScenario();
});

function choose(
  asked: string,
  fleet: Facts['artifacts'][string],
  architecture: 'amd64' | 'arm64' = 'amd64',
  recorded?: string,
): EditionChoice | undefined {
  const { provider } = emptyHost();
  const facts = { provider: { ...provider, architecture }, artifacts: { fleet } };
  return chooseEdition(scenario, asked, recorded, facts);
}

describe('chooseEdition', () => {
  it('takes fleet where its archive can be had and the machines are amd64', () => {
    expect(choose('auto', 'yes')).toMatchObject({
      name: 'fleet',
      reason: expect.stringMatching(/can be had$/) as string,
    });
  });

  it('takes swarm elsewhere, and says why not fleet', () => {
    expect(choose('auto', 'yes', 'arm64')?.reason).toContain('not fleet because it is made for amd64');
    for (const fleet of ['no', 'unknown'] as const) {
      expect(choose('auto', fleet)).toMatchObject({
        name: 'swarm',
        reason: expect.stringContaining(
          'its archive (fleet) is neither in the cache nor in LAB_MIRROR',
        ) as string,
      });
    }
  });

  it('does as it is told, and names what is missing for it', () => {
    expect(choose('fleet', 'no')).toMatchObject({
      name: 'fleet',
      problems: [{ code: 'LAB_ARTIFACT_UNAVAILABLE', fix: expect.stringContaining('LAB_MIRROR') as string }],
    });
    expect(choose('fleet', 'unknown')?.problems).toEqual([]);
    expect(choose('swarm', 'yes')).toEqual({
      name: 'swarm',
      reason: 'edition swarm: asked for',
      problems: [],
    });
  });

  it('says that fleet cannot run on arm64 instead of planning it', () => {
    expect(choose('fleet', 'yes', 'arm64')?.problems).toMatchObject([
      { code: 'LAB_PROVIDER_UNSUPPORTED', message: expect.stringContaining('made for amd64') as string },
    ]);
  });

  it('keeps the edition of a lab that is there', () => {
    expect(choose('auto', 'yes', 'amd64', 'swarm')?.name).toBe('swarm');
  });

  it('says what every edition needs with the provider and cannot be had', () => {
    const provider = { ...emptyHost().provider, name: 'virtualbox' };
    const artifacts = { fleet: 'no', etcd: 'no', busybox: 'yes' } as const;
    const choice = chooseEdition(scenario, 'auto', undefined, { provider, artifacts });
    expect(choice).toMatchObject({
      name: 'swarm',
      problems: [
        {
          code: 'LAB_ARTIFACT_UNAVAILABLE',
          message: expect.stringMatching(/^coreos on virtualbox needs .*etcd/) as string,
        },
      ],
    });
  });

  it('asks for what the steps of an edition need, and plans it all the same where it is asked for', () => {
    const [step] = scenario.steps;
    if (step === undefined) throw new Error('no steps');
    const steps = [...scenario.steps, { ...step, id: 'more', edition: 'swarm', artifacts: ['busybox'] }];
    const editions = { swarm: scenario.editions['swarm'], fleet: scenario.editions['fleet'] } as const;
    const changed = { ...scenario, steps, editions: editions as Scenario['editions'] };
    const { provider } = emptyHost();
    const without = { provider, artifacts: { fleet: 'yes', busybox: 'no' } } as const;
    const all = { provider, artifacts: { fleet: 'yes', busybox: 'yes' } } as const;
    expect(chooseEdition(changed, 'auto', undefined, all)?.name).toBe('swarm');
    expect(chooseEdition(changed, 'auto', undefined, without)).toMatchObject({
      name: 'fleet',
      reason: expect.stringContaining('its archive (busybox) is neither') as string,
    });
    // The step itself says that it is blocked, and why.
    expect(chooseEdition(changed, 'swarm', undefined, without)?.problems).toEqual([]);
  });

  it('has none to choose in a scenario without editions', () => {
    expect(chooseEdition({ ...scenario, editions: {} }, 'auto', undefined, emptyHost())).toBeUndefined();
  });
});
