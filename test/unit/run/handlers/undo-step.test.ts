import { describe, expect, it } from 'vitest';
import type { Step } from '../../../../src/model/scenario.ts';
import { checkStep } from '../../../../src/run/handlers/check-step.ts';
import { undoStep } from '../../../../src/run/handlers/undo-step.ts';
import { fakeRun, type FakeLab, type FakeRun } from '../../../support/fake-run-context.ts';
import { formedState, nodes } from '../../plan/plan-fixture.ts';

const step: Step = {
  ...{ id: 'serve', title: 'Serve', artifacts: [], needs: [], lasting: false, run: [] },
  checks: [{ title: 'it is served', hint: 'h', on: 'all', command: 'check', expect: { exit: 0 } }],
};

function lab(changes: Partial<FakeLab> = {}): FakeRun {
  return fakeRun({ machines: nodes(2), state: formedState(2, ['write', 'serve']), ...changes });
}

describe('undoStep', () => {
  const task = (...commands: string[]): Parameters<typeof undoStep>[0] => ({
    ...{ kind: 'undo-step', id: 'undo-serve', title: '', step },
    actions: commands.map((command) => ({ on: 'all', command })),
  });

  it('does the actions in order; meanwhile the step has not passed, and then it is forgotten', async () => {
    let recordedMeanwhile: object = {};
    const run = lab({
      run: () => {
        recordedMeanwhile = run.context.state().steps;
        return {};
      },
    });
    const outcome = await undoStep(task('stop {{machine.name}}', 'remove'), run.context, run.report);
    expect(outcome).toEqual({ status: 'changed', message: '2 actions' });
    expect(run.calls).toEqual([
      ...['core-01$ stop core-01', 'core-02$ stop core-02', 'core-01$ remove', 'core-02$ remove'],
    ]);
    expect(recordedMeanwhile).toMatchObject({ write: { status: 'passed' }, serve: { status: 'begun' } });
    expect(Object.keys(run.context.state().steps)).toEqual(['write']);
  });

  it('ends at the first action that fails; the step stays forgotten, so that the next run goes on', async () => {
    const run = lab({ run: () => ({ exitCode: 1, stderr: 'busy' }) });
    expect(await undoStep(task('stop', 'remove'), run.context, run.report)).toEqual({
      ...{ status: 'failed', message: 'step serve was not undone to its end: what is left of it stays' },
    });
    expect(run.calls).not.toContain('core-01$ remove');
    expect(run.checks).toMatchObject([
      { title: 'the command that undoes the step ends well', status: 'failed' },
    ]);
    expect(Object.keys(run.context.state().steps)).toEqual(['write']);
  });

  it('has nothing to do but forget where there are no actions', async () => {
    const run = lab();
    expect(await undoStep(task(), run.context, run.report)).toEqual({ status: 'unchanged' });
    expect([run.calls, Object.keys(run.context.state().steps)]).toEqual([[], ['write']]);
  });
});

describe('checkStep', () => {
  const task = { kind: 'check-step', id: 'check-serve', title: '', step } as const;

  it('runs the checks and records nothing', async () => {
    const run = lab({ run: () => ({ exitCode: 1 }) });
    const before = run.context.state();
    expect(await checkStep(task, run.context, run.report)).toMatchObject({ status: 'failed' });
    expect([run.calls, run.context.state()]).toEqual([['core-01$ check', 'core-02$ check'], before]);
  });

  it('has nothing to prove of a step that was skipped', async () => {
    const state = { ...formedState(2), steps: { serve: { status: 'skipped', at: '' } } } as const;
    const run = lab({ state });
    expect(await checkStep(task, run.context, run.report)).toMatchObject({ status: 'skipped' });
    expect(run.calls).toEqual([]);
  });
});
