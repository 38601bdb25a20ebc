import { beforeAll, describe, expect, it } from 'vitest';
import type { CheckResult } from '../../../src/model/event.ts';
import type { Scenario } from '../../../src/model/scenario.ts';
import { runCheck } from '../../../src/run/run-check.ts';
import { stepContext } from '../../../src/run/step-context.ts';
import { coreosScenario } from '../../support/coreos-scenario.ts';
import { fakeRun } from '../../support/fake-run-context.ts';
import { readTranscript } from '../../support/transcript.ts';
import { formedState, nodes } from '../plan/plan-fixture.ts';

/** What fleetctl 1.0.0 printed on a real cluster of three. */
const recorded = (name: string): string => readTranscript(`cluster/${name}.txt`).stdout;
const withoutRow = (table: string, row: string): string =>
  table
    .split('\n')
    .filter((line) => !line.startsWith(row))
    .join('\n');

let scenario: Scenario;
beforeAll(async () => {
  scenario = await coreosScenario();
});

interface Answers {
  /** What fleetctl prints; several: one after the other, the last for ever. */
  fleetctl: string | string[];
  exitCode?: number;
  /** Addresses that answer as the application does. */
  serving?: string[];
}

/** The checks of a step of the fleet edition on three nodes: commands as they were sent, and the verdicts. */
async function checksOf(
  id: string,
  { fleetctl, exitCode = 0, serving = [] }: Answers,
): Promise<{ sent: string[]; results: CheckResult[] }> {
  const outputs = [fleetctl].flat();
  const run = fakeRun({
    machines: nodes(3),
    state: { ...formedState(3), edition: 'fleet' },
    scenario,
    run: () => ({ exitCode, stdout: (outputs.length > 1 ? outputs.shift() : outputs[0]) ?? '' }),
    get: (url) => {
      const number = nodes(3).findIndex(({ address }) => url === `http://${address}:80/`) + 1;
      return serving.includes(url) ? { status: 200, body: `code.it on core-0${number}` } : undefined;
    },
  });
  const step = scenario.steps.find((candidate) => candidate.id === id);
  const results: CheckResult[] = [];
  for (const check of step?.checks ?? []) {
    const { clock, signal } = run.context;
    results.push(...(await runCheck(check, stepContext(run.context), { clock, signal })));
  }
  return { sent: [...new Set(run.calls)], results };
}

const verdicts = ({ results }: { results: CheckResult[] }): string[] => results.map(({ status }) => status);
const urls = nodes(3).map(({ address }) => `http://${address}:80/`);

describe('the fleet edition against recordings of a real cluster', () => {
  it('lists the machines', async () => {
    const table = recorded('b-list-machines');
    const passed = await checksOf('list-machines-fleet', { fleetctl: table });
    expect([passed.sent, verdicts(passed)]).toEqual([
      ['core-01$ PATH=$PATH:/opt/bin fleetctl list-machines'],
      ['passed'],
    ]);
    const twoLeft = await checksOf('list-machines-fleet', { fleetctl: withoutRow(table, '296ee4aa') });
    expect(twoLeft.results).toMatchObject([{ status: 'failed', machine: 'core-01' }]);
    expect(twoLeft.results[0]?.actual).toContain('2 rows');
    const twice = table.replace('172.17.8.102', '172.17.8.101');
    expect((await checksOf('list-machines-fleet', { fleetctl: twice })).results[0]?.actual).toContain(
      'both have "172.17.8.101"',
    );
  });

  it('waits for a machine that is late, and no longer than it was told', async () => {
    const table = recorded('b-list-machines');
    const late = await checksOf('list-machines-fleet', {
      fleetctl: [withoutRow(table, '0bce0884'), withoutRow(table, '0bce0884'), table],
    });
    expect(verdicts(late)).toEqual(['passed']);
    const never = await checksOf('list-machines-fleet', { fleetctl: withoutRow(table, '0bce0884') });
    expect(never.results[0]?.seconds).toBeLessThanOrEqual(60);
  });

  it('submits the services without starting them', async () => {
    const submitted = recorded('b-list-unit-files-submitted');
    const passed = await checksOf('submit-fleet', { fleetctl: submitted });
    expect([passed.sent, verdicts(passed)]).toEqual([
      ['core-01$ PATH=$PATH:/opt/bin fleetctl list-unit-files'],
      ['passed'],
    ]);
    for (const wrong of [
      recorded('b-list-unit-files-empty'),
      recorded('b-list-unit-files-started'),
      withoutRow(submitted, 'code.it.2'),
      submitted.replace('code.it.3', 'other.3'),
    ]) {
      expect(verdicts(await checksOf('submit-fleet', { fleetctl: wrong }))).toEqual(['failed']);
    }
  });

  it('starts them, each on a machine of its own', async () => {
    const running = recorded('b-list-units-running');
    const passed = await checksOf('start-fleet', { fleetctl: running });
    expect([passed.sent, verdicts(passed)]).toEqual([
      ['core-01$ PATH=$PATH:/opt/bin fleetctl list-units'],
      ['passed'],
    ]);
    for (const wrong of [
      recorded('b-list-units-submitted'),
      recorded('b-list-units-started-1'),
      recorded('b-list-units-started-2'),
      withoutRow(running, 'code.it.1'),
      running.replace('0bce0884.../172.17.8.103', '296ee4aa.../172.17.8.102'),
      // Three more units than the chapter has.
      recorded('b-rejoin-list-units'),
    ]) {
      expect(verdicts(await checksOf('start-fleet', { fleetctl: wrong }))).toEqual(['failed']);
    }
  });

  it('waits until a unit that failed at first runs', async () => {
    const fleetctl = ['b-list-units-started-1', 'b-list-units-started-2', 'b-list-units-running'].map(
      recorded,
    );
    expect(verdicts(await checksOf('start-fleet', { fleetctl }))).toEqual(['passed']);
  });

  it('opens the application at every address, served by that very node', async () => {
    expect(verdicts(await checksOf('open-fleet', { fleetctl: '', serving: urls }))).toEqual(
      Array(3).fill('passed'),
    );
    const { results } = await checksOf('open-fleet', { fleetctl: '', serving: urls.slice(0, 2) });
    expect(results.map(({ status, machine }) => `${machine ?? ''} ${status}`)).toEqual([
      ...['core-01 passed', 'core-02 passed', 'core-03 failed'],
    ]);
    expect(results[2]).toMatchObject({ actual: expect.stringContaining('ECONNREFUSED') as string });
  });

  it('stops them and finds every address silent', async () => {
    const fleetctl = recorded('b-list-unit-files-stopped');
    const stopped = await checksOf('stop-fleet', { fleetctl });
    expect(stopped.sent).toEqual(['core-01$ PATH=$PATH:/opt/bin fleetctl list-unit-files']);
    expect(verdicts(stopped)).toEqual(Array(4).fill('passed'));
    expect(verdicts(await checksOf('stop-fleet', { fleetctl, serving: urls.slice(2) }))).toEqual([
      ...['passed', 'passed', 'passed', 'failed'],
    ]);
    for (const wrong of ['b-list-unit-files-started', 'b-kill-list-unit-files', 'b-list-unit-files-empty']) {
      expect(verdicts(await checksOf('stop-fleet', { fleetctl: recorded(wrong) }))[0]).toBe('failed');
    }
  });

  it('takes no table for a good one where fleetctl itself failed', async () => {
    const fleetctl = recorded('b-list-units-running');
    const { results } = await checksOf('start-fleet', { fleetctl, exitCode: 1 });
    expect(results).toMatchObject([{ status: 'failed', actual: expect.stringContaining('exit') as string }]);
  });
});
