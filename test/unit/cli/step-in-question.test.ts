import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stepInQuestion } from '../../../src/cli/step-in-question.ts';
import type { OpenLab } from '../../../src/cli/open-lab.ts';
import type { LoadedScenario } from '../../../src/load/load-scenario.ts';
import type { LabState } from '../../../src/model/lab-state.ts';
import { formedState } from '../plan/plan-fixture.ts';

let logs: string;
beforeEach(async () => {
  logs = join(await mkdtemp(join(tmpdir(), 'lab-logs-')), 'logs');
  await mkdir(logs);
});
afterEach(() => rm(join(logs, '..'), { recursive: true }));

const lab = (steps: LabState['steps']): OpenLab => ({
  state: { ...formedState(1), steps },
  loaded: { scenario: { steps: ['a', 'b', 'c'].map((id) => ({ id })) } } as LoadedScenario,
});
const passed = (...ids: string[]): LabState['steps'] =>
  Object.fromEntries(ids.map((id, index) => [id, { status: 'passed', at: String(index) }]));

const failedCheck = { title: 'it works', status: 'failed', machine: 'core-01', hint: 'look' };

async function log(name: string, ...events: object[]): Promise<void> {
  const lines = events.map((event) => `2026-11-21T12:00:00.000Z ${JSON.stringify(event)}`);
  await writeFile(
    join(logs, `${name}.log`),
    ['core-01$ check\nits output', ...lines, '2026 {"type":"task-fin'].join('\n'),
  );
}
const check = (task: string, changes: object = {}): object => ({
  ...{ type: 'check-finished', at: '', task, check: { ...failedCheck, ...changes } },
});
const end = (task: string, status: string, more: object = {}): object => ({
  ...{ type: 'task-finished', at: '', task, status, seconds: 1, ...more },
});

const asked = async (steps: LabState['steps']): Promise<string | undefined> => {
  const question = await stepInQuestion(lab(steps), logs);
  return question === undefined ? undefined : `${question.step.id}${question.failed ? ' failed' : ''}`;
};

describe('the step in question', () => {
  it('is the next one where nothing has failed, and none at the end', async () => {
    expect(await asked(passed('a'))).toBe('b');
    expect(await asked(passed('a', 'b', 'c'))).toBeUndefined();
  });

  it('is the one that the last run of steps failed at, with the checks that failed; later runs of other things do not count', async () => {
    await log('1-play', check('step-a'), end('step-a', 'failed'));
    await log(
      '2-check',
      check('step-a', { status: 'passed' }),
      end('step-a', 'passed'),
      check('step-b'),
      end('step-b', 'failed'),
    );
    await log('3-down', end('halt-machines', 'changed'));
    expect(await stepInQuestion(lab(passed('a', 'b', 'c')), logs)).toEqual({
      ...{ step: { id: 'b' }, failed: true, failure: { step: 'b', checks: [failedCheck] } },
    });
    await log('4-check', end('step-b', 'passed'));
    expect(await asked(passed('a', 'b', 'c'))).toBeUndefined();
  });

  it('has the reason where no check says it', async () => {
    const error = { code: 'LAB_SSH_FAILED', message: 'core-01 is silent', hint: 'start it' };
    await log('1-next', end('step-b', 'failed', { error }));
    const question = await stepInQuestion(lab(passed('a')), logs);
    expect(question?.failure).toEqual({
      step: 'b',
      checks: [],
      reason: 'core-01 is silent',
      hint: 'start it',
    });
  });

  it('is not what failed before the chapter was begun anew, nor what was stopped', async () => {
    await log('1-play', check('step-c'), end('step-c', 'failed'));
    expect(await asked({})).toBe('a');
    await log('2-play', end('step-b', 'failed', { error: { code: 'LAB_INTERRUPTED', message: '' } }));
    expect(await asked(passed('a'))).toBe('b');
  });

  it('is the one that failed last as the state says, where its log is gone', async () => {
    await rm(logs, { recursive: true });
    const failed = { status: 'failed', at: '9' } as const;
    expect(await asked({ ...passed('a'), c: failed })).toBe('c failed');
    expect(await asked({ ...passed('a', 'b', 'c'), a: { status: 'failed', at: '' } })).toBe('a');
    await mkdir(logs);
  });
});
