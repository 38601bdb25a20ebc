import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Scenario, Step } from '../../../src/model/scenario.ts';
import { bookDifference, driftOf, formatRows } from '../../../src/run/output-drift.ts';
import type { RecordedOutput, StepOutputs } from '../../../src/run/recorded-output.ts';
import { coreosScenario } from '../../support/coreos-scenario.ts';

/** What two real runs of the coreos scenario (swarm edition) printed, on two networks. */
const real = (name: string): StepOutputs =>
  JSON.parse(
    readFileSync(new URL(`../../fixtures/outputs/coreos-${name}-network.json`, import.meta.url), 'utf8'),
  ) as StepOutputs;
const recording = real('other');
const played = real('book');

let scenario: Scenario;
beforeAll(async () => {
  scenario = await coreosScenario();
});
const step = (id: string): Step => scenario.steps.find((candidate) => candidate.id === id) as Step;

/** A run of one step, as `played` but for its outputs. */
const printed = (
  id: string,
  change: (output: RecordedOutput) => RecordedOutput | undefined,
): StepOutputs => ({
  ...played,
  steps: { ...played.steps, [id]: (played.steps[id] ?? []).flatMap((output) => change(output) ?? []) },
});

describe('driftOf', () => {
  it('finds no drift between two real runs on two networks', () => {
    const silenced = scenario.steps.map((one) => ({
      ...one,
      // The members come in the order of their ids, which are others each time.
      checks: one.checks.map((check) =>
        check.title.includes('as many members') ? { ...check, record: false } : check,
      ),
    }));
    const results = silenced.flatMap((one) => driftOf(one, played, recording));
    expect(results.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(results.length).toBeGreaterThan(30);
  });

  it('shows what differs, with the machine and the command', () => {
    const changed = printed('list-machines', (output) => ({
      ...output,
      output: output.output.replace(/Ready {5}Reachable\n$/, 'Down      Unreachable\n'),
    }));
    expect(driftOf(step('list-machines'), changed, recording)).toMatchObject([
      {
        title: '"all machines are listed, ready, each under its own name" prints what is recorded',
        status: 'failed',
        machine: 'core-01',
        command: expect.stringContaining('docker node ls') as string,
        actual: [
          '@@ -1,4 +1,4 @@',
          ' HOSTNAME  STATUS  MANAGER STATUS',
          ' core-01  Ready  Leader',
          ' core-02  Ready  Reachable',
          '-core-03  Ready  Reachable',
          '+core-03  Down  Unreachable',
        ].join('\n'),
      },
    ]);
  });

  it('takes lines in another order for the same, and another exit or HTTP status for another', () => {
    const failed = (id: string, change: (output: RecordedOutput) => RecordedOutput): number =>
      driftOf(step(id), printed(id, change), recording).filter(({ status }) => status === 'failed').length;
    const turned = (text: string): string => `${text.trimEnd().split('\n').reverse().join('\n')}\n`;
    expect(failed('start', (output) => ({ ...output, output: turned(output.output) }))).toBe(0);
    expect(failed('submit', (output) => ({ ...output, exit: 3 }))).toBe(2);
    expect(failed('open', (output) => ({ ...output, status: 404 }))).toBe(3);
  });

  it('tells of outputs that only one side has, but not of a step that was not played', () => {
    const silent = printed('submit', (output) => ('check' in output ? output : undefined));
    const gone = driftOf(step('submit'), silent, recording).filter(({ status }) => status === 'failed');
    expect(gone).toMatchObject([{ title: 'command 2 prints what is recorded', machine: 'core-01' }]);
    const more = driftOf(step('submit'), played, silent).filter(({ status }) => status === 'failed');
    expect(more).toMatchObject([
      { actual: expect.stringMatching(/^it is not.*\+Creating service code_it$/s) as string },
    ]);
    expect(driftOf(step('submit'), played, { ...recording, steps: {} })).toMatchObject([
      { status: 'failed' },
    ]);
    expect(driftOf(step('submit'), { ...played, steps: {} }, recording)).toEqual([]);
  });

  it('leaves out what the scenario says is not to be compared', () => {
    const { run, checks, ...rest } = step('submit');
    const silenced: Step = {
      ...rest,
      run: run.map((action) => ('command' in action ? { ...action, record: false } : action)),
      checks: checks.map((check) => ({ ...check, record: false })),
    };
    const other = printed('submit', (output) => ({ ...output, output: 'other' }));
    expect(driftOf(silenced, other, recording)).toEqual([]);
    expect(driftOf(step('submit'), other, recording)).toHaveLength(2);
  });
});

describe('bookDifference', () => {
  it('holds what the book printed against what is printed today', () => {
    expect(formatRows(bookDifference(step('list-machines'), played) ?? [])).toBe(
      [
        '@@ -1,5 +1,5 @@',
        '-$ fleetctl list-machines',
        '-MACHINE     IP           METADATA',
        '-daacff1d... 172.17.8.101 -',
        '-20dddafc... 172.17.8.102 -',
        '-eac3271e... 172.17.8.103 -',
        "+$ docker node ls --format 'table {{.Hostname}}\\t{{.Status}}\\t{{.ManagerStatus}}'",
        '+HOSTNAME   STATUS    MANAGER STATUS',
        '+core-01    Ready     Leader',
        '+core-02    Ready     Reachable',
        '+core-03    Ready     Reachable',
      ].join('\n'),
    );
    expect(bookDifference(step('submit'), played)).toBeUndefined();
  });

  it('is empty where only ids, times and the width of columns are others', () => {
    const fleet = step('list-machines-fleet');
    const outputs = {
      ...played,
      steps: {
        [fleet.id]: [
          {
            check: 'x',
            machine: 'core-01',
            command: 'fleetctl list-machines',
            output:
              'MACHINE\t\tIP\t\tMETADATA\n0bce0884...\t172.17.8.101\t-\n296ee4aa...\t172.17.8.102\t-\n6a549215...\t172.17.8.103\t-\n',
          },
        ],
      },
    };
    expect(bookDifference(fleet, outputs)).toEqual([]);
  });
});
