import { beforeAll, describe, expect, it } from 'vitest';
import { EnvironmentError } from '../../../../src/model/errors.ts';
import type { Scenario, Step } from '../../../../src/model/scenario.ts';
import { playStep } from '../../../../src/run/handlers/play-step.ts';
import type { TaskOutcome } from '../../../../src/run/run-context.ts';
import { coreosScenario } from '../../../support/coreos-scenario.ts';
import { fakeRun, type FakeLab, type FakeRun } from '../../../support/fake-run-context.ts';
import { formedState, nodes } from '../../plan/plan-fixture.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await coreosScenario();
});

const check = {
  title: 'it is well',
  hint: 'look',
  on: 'all',
  command: 'check',
  expect: { exit: 0 },
} as const;

async function play(
  changes: Partial<Step>,
  lab: Partial<FakeLab> = {},
): Promise<FakeRun & { outcome: TaskOutcome; record: string | undefined }> {
  const step: Step = {
    ...{
      id: 'one',
      title: 'One',
      artifacts: [],
      needs: [],
      run: [],
      checks: [check],
      lasting: false,
    },
    ...changes,
  };
  const run = fakeRun({ machines: nodes(3), state: formedState(3), scenario, ...lab });
  const task = { kind: 'step', id: `step-${step.id}`, title: step.title, step } as const;
  const outcome = await playStep(task, run.context, run.report);
  return { ...run, outcome, record: run.context.state().steps[step.id]?.status };
}

describe('playStep', () => {
  it('does the actions in order, then the checks, and keeps the verdict', async () => {
    const { outcome, calls, checks, record } = await play({
      run: [
        { on: '{{first.name}}', command: 'first {{machine.address}}' },
        { machine: '{{last.name}}', power: 'stop' },
        { on: 'others', command: 'second' },
      ],
      checks: [{ ...check, on: '{{first.name}}' }, check],
    });
    expect(calls.slice(0, 6)).toEqual([
      ...['core-01$ first 172.17.8.101', 'disconnect core-03', 'stop core-03'],
      ...['core-02$ second', 'core-03$ second', 'core-01$ check'],
    ]);
    expect([outcome, checks.length, record]).toEqual([
      { status: 'passed', message: '4 checks' },
      4,
      'passed',
    ]);
  });

  it('does not keep an earlier verdict when it breaks off', async () => {
    const state = formedState(3, ['one', 'two']);
    const step: Step = {
      ...{ id: 'one', title: 'One', artifacts: [], needs: [], checks: [check], lasting: false },
      run: [{ on: 'core-09', command: 'true' }],
    };
    const run = fakeRun({ machines: nodes(3), state, scenario });
    const task = { kind: 'step', id: 'step-one', title: 'One', step } as const;
    await expect(playStep(task, run.context, run.report)).rejects.toThrow('no machine "core-09"');
    expect(run.context.state().steps).toMatchObject({ one: { status: 'begun' }, two: { status: 'passed' } });
  });

  it('ends at the first check that fails, and names the machine', async () => {
    const { outcome, calls, checks, record } = await play(
      { checks: [check, { ...check, command: 'never' }] },
      { run: (machine) => ({ exitCode: machine === 'core-02' ? 1 : 0, stderr: 'no quorum' }) },
    );
    expect([outcome, record]).toEqual([{ status: 'failed', message: 'it is well (core-02)' }, 'failed']);
    expect(checks.map(({ status }) => status)).toEqual(['passed', 'failed', 'passed']);
    expect(calls).not.toContain('core-01$ never');
  });

  it('shows an action that fails as a failed check, and does nothing more', async () => {
    const { outcome, calls, checks, record } = await play(
      {
        run: [
          { on: 'all', command: 'docker build .' },
          { on: 'all', command: 'never' },
        ],
      },
      { run: (machine) => (machine === 'core-03' ? { exitCode: 3, stderr: 'no space\n' } : {}) },
    );
    expect([outcome.status, record]).toEqual(['failed', 'failed']);
    expect(checks).toMatchObject([
      { machine: 'core-03', command: 'docker build .', expected: 'exit 0', actual: 'exit 3\nno space' },
    ]);
    expect(checks[0]?.hint).toContain('/lab/logs/up.log');
    expect(calls.join()).not.toContain('never');
  });

  it('skips a step that needs more nodes, says why, and counts it as done', async () => {
    const minNodes = { count: 3, reason: 'a cluster of two loses its quorum' };
    const { outcome, calls, record } = await play(
      { minNodes },
      { machines: nodes(2), state: formedState(2) },
    );
    expect(outcome).toEqual({ status: 'skipped', message: `needs 3 nodes: ${minNodes.reason}` });
    expect([calls, record]).toEqual([[], 'skipped']);
  });

  it('fails where a step that it needs has not passed; those of other editions do not count', async () => {
    const { outcome, calls } = await play({ needs: ['start', 'start-fleet'] });
    expect(outcome.message).toBe('needs the step start, which has not passed: play --from start');
    expect([outcome.status, calls]).toEqual(['failed', []]);
    expect(
      (await play({ needs: ['start', 'start-fleet'] }, { state: formedState(3, ['start']) })).outcome.status,
    ).toBe('passed');
  });

  it('is blocked, not failed, where something cannot be had here, and is played again next time', async () => {
    const unavailable = new EnvironmentError('LAB_ARTIFACT_UNAVAILABLE', 'no way to it', {
      hint: 'set LAB_MIRROR',
    });
    const overrides = { fetchArtifact: () => Promise.reject(unavailable) };
    const { outcome, record, calls } = await play({ artifacts: ['fleet'] }, { overrides });
    expect(outcome).toEqual({
      status: 'blocked',
      message: 'not obtainable here: no way to it set LAB_MIRROR',
    });
    expect([record, calls]).toEqual([undefined, []]);
    const broken = new EnvironmentError('LAB_ARTIFACT_CHECKSUM', 'another file');
    const wrong = { fetchArtifact: () => Promise.reject(broken) };
    await expect(play({ artifacts: ['fleet'] }, { overrides: wrong })).rejects.toBe(broken);
  });
});
