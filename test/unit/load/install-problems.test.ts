import { beforeAll, describe, expect, it } from 'vitest';
import { installProblems } from '../../../src/load/install-problems.ts';
import { filesToInstall } from '../../../src/model/files-to-install.ts';
import type { Scenario } from '../../../src/model/scenario.ts';
import { coreosScenario } from '../../support/coreos-scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await coreosScenario();
});

describe('what is installed', () => {
  it('is said to be in vain where no machine is of the discovery role', () => {
    const problems = installProblems({ ...scenario, discovery: undefined });
    expect(problems.map(({ path }) => path.join('.'))).toEqual([
      'install.0',
      'install.1',
      'editions.fleet.install.0',
      'editions.fleet.install.1',
      'editions.fleet.install.2',
    ]);
    expect(problems[0]?.message).toContain('this is never installed');
  });

  it('depends on the provider, and on the edition where there is one', () => {
    const targets = (edition: string | undefined, provider: string): string[] =>
      filesToInstall(scenario, edition, provider).map(({ to }) => to);
    expect(targets('fleet', 'docker')).toEqual(['/opt/bin/fleetd', '/usr/local/bin/fleetctl']);
    expect(targets('swarm', 'docker')).toEqual([]);
    const onFlatcar = ['/opt/chapterlab/etcd/etcd', '/home/core/code.it/busybox'];
    expect(targets('swarm', 'virtualbox')).toEqual(onFlatcar);
    expect(targets(undefined, 'virtualbox')).toEqual(onFlatcar);
    expect(targets('fleet', 'virtualbox')).toEqual([...onFlatcar, '/opt/bin/fleetd', '/opt/bin/fleetctl']);
  });
});
