import { describe, expect, it } from 'vitest';
import type { Scenario, Step } from '../../../src/model/scenario.ts';
import { nextStep, type StepRecords } from '../../../src/plan/chapter-progress.ts';
import { planGoto, type GotoRequest } from '../../../src/plan/plan-goto.ts';
import { nodes } from './plan-fixture.ts';

const action = { on: 'all', command: 'true' };

function step(id: string, changes: Partial<Step> = {}): Step {
  return {
    ...{ id, title: `Title of ${id}`, artifacts: [], needs: [], lasting: false },
    ...{ run: [action], undo: [{ on: 'all', command: `undo ${id}` }] },
    checks: [{ title: 't', hint: 'h', on: 'all', command: 'check', expect: { exit: 0 } }],
    ...changes,
  };
}

/** A step that does something and cannot take it back. */
function oneWay(id: string): Step {
  return step(id, { undo: undefined });
}

const steps = [step('a', { lasting: true }), step('b'), step('c'), oneWay('d'), step('e')];

function records(text: string): StepRecords {
  const status = { p: 'passed', f: 'failed', s: 'skipped' } as const;
  const entries = text.split(' ').filter((word) => word !== '');
  const records = entries.map((word, at) => {
    const letter = word.charAt(1) as keyof typeof status | '';
    return [word.charAt(0), { status: status[letter === '' ? 'p' : letter], at: String(at) }] as const;
  });
  return Object.fromEntries(records);
}

function planned(target: string, played: string, changes: Partial<GotoRequest> = {}): string[] {
  const { tasks } = plan(target, played, changes);
  return tasks.map((task) => ('name' in task ? `${task.id} ${task.name}` : task.id));
}

function plan(
  target: string,
  played: string,
  changes: Partial<GotoRequest> = {},
  chapter: readonly Step[] = steps,
): ReturnType<typeof planGoto> {
  return planGoto({
    ...{ scenario: { steps: [...chapter] } as Scenario, edition: undefined, target },
    ...{ records: records(played), machines: nodes(3), checkpoints: [] },
    ...changes,
  });
}

describe('planGoto', () => {
  it('plays what is missing, then checks the lasting steps and the last one', () => {
    expect(planned('d', 'a')).toEqual(['step-b', 'step-c', 'check-a', 'check-c']);
    expect(planned('d', 'a bf c')).toEqual(['step-b', 'check-a', 'check-c']);
    expect(planned('a', '')).toEqual([]);
  });

  it('proves where it is when it is there already', () => {
    expect(planned('c', 'a b')).toEqual(['check-a', 'check-b']);
  });

  it('undoes from the last one back, also one that failed', () => {
    expect(planned('b', 'a b c df')).toEqual(['undo-d', 'undo-c', 'undo-b', 'check-a']);
    expect(planned('c', 'a cf')).toEqual(['undo-c', 'step-b', 'check-a', 'check-b']);
  });

  it('says plainly what cannot be undone, and needs nothing for what was skipped or only looked', () => {
    const looking = step('l', { run: [], undo: undefined });
    const { tasks, warnings } = plan('a', 'a b cs d l', {}, [...steps.slice(0, 4), looking]);
    expect(tasks.map(({ title }) => title)).toEqual([
      'Forget step l, which only observed',
      'Step d has no undo: what it did stays',
      'Forget step c, which was skipped',
      'Undo step b: Title of b',
      'Undo step a: Title of a',
    ]);
    expect(tasks.map((task) => (task.kind === 'undo-step' ? task.actions.length : -1))).toEqual([
      0, 0, 0, 1, 1,
    ]);
    expect(warnings).toEqual(['no undo in d: what was done there stays on the machines']);
  });

  const checkpoint = (name: string, played: string, savedAt = '1'): GotoRequest['checkpoints'][number] => ({
    ...{ name, savedAt, steps: records(played) },
  });

  it('goes back by the nearest checkpoint in which nothing later had been touched', () => {
    const checkpoints = [
      checkpoint('start', ''),
      checkpoint('early', 'a'),
      checkpoint('near', 'a b', '2'),
      checkpoint('nearer', 'a b', '3'),
      checkpoint('late', 'a b c d'),
      checkpoint('broken', 'a b c df'),
    ];
    expect(planned('d', 'a b c d e', { checkpoints })).toEqual([
      ...['restore-checkpoint nearer', 'step-c', 'check-a', 'check-c'],
    ]);
    expect(plan('d', 'a b c d e', { checkpoints }).warnings).toEqual([]);
    expect(planned('a', 'a b', { checkpoints })).toEqual(['restore-checkpoint start']);
    expect(planned('a', 'a', { checkpoints: checkpoints.slice(1) })).toEqual(['undo-a']);
  });

  it('needs no checkpoint to go forward', () => {
    expect(planned('c', 'a', { checkpoints: [checkpoint('start', '')] })[0]).toBe('step-b');
  });

  it('checks no step that will be skipped', () => {
    const lonely = step('b', { minNodes: { count: 3, reason: 'a quorum' } });
    const { tasks } = plan('c', 'a', { machines: nodes(1) }, [step('a'), lonely, step('c')]);
    expect(tasks.map(({ id }) => id)).toEqual(['step-b', 'check-a']);
  });

  it('refuses a step that is not there', () => {
    expect(() => plan('x', '')).toThrow('There is no step "x"');
  });

  it('makes the step the next one, wherever the lab was, step for step', () => {
    const statuses = ['', 'p', 'f'];
    for (let code = 0; code < 3 ** steps.length; code += 1) {
      const played = steps
        .map(({ id }, index) => `${id}${statuses[Math.floor(code / 3 ** index) % 3] ?? ''}`)
        .filter((word) => word.length > 1)
        .join(' ');
      for (const { id: target } of steps) {
        const state = { ...records(played) };
        for (const task of plan(target, played).tasks) {
          if (task.kind === 'undo-step') Reflect.deleteProperty(state, task.step.id);
          if (task.kind === 'step') state[task.step.id] = { status: 'passed', at: '' };
        }
        expect(nextStep(steps, state)?.id, `${played} -> ${target}`).toBe(target);
        const later = steps.slice(steps.findIndex(({ id }) => id === target));
        expect(later.filter(({ id }) => state[id] !== undefined)).toEqual([]);
      }
    }
  });
});
