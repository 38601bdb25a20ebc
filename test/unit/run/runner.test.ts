import { describe, expect, it } from 'vitest';
import { CommandError, InterruptedError } from '../../../src/model/errors.ts';
import type { RunEvent } from '../../../src/model/event.ts';
import type { Plan, Task } from '../../../src/model/plan.ts';
import { collectReport } from '../../../src/report/collect-report.ts';
import { toEventError } from '../../../src/report/format-error.ts';
import type { RunContext } from '../../../src/run/run-context.ts';
import { runPlan, type CarriesOn, type Handlers, type RunResult } from '../../../src/run/runner.ts';
import { upPlan } from '../../support/event-script.ts';
import { virtualClock } from '../../support/virtual-clock.ts';

const tasks: Task[] = ['a', 'b', 'c'].map((id) => ({ kind: 'remove-lab', id, title: `Task ${id}` }));
const plan: Plan = { ...upPlan, warnings: ['an even number'], tasks };

/** Runs the plan with one handler for all tasks. */
async function run(
  handler: (task: Task, clock: ReturnType<typeof virtualClock>) => ReturnType<Handlers['remove-lab']>,
  controller = new AbortController(),
  ofPlan = plan,
  carriesOn?: CarriesOn,
): Promise<{ result: RunResult; events: RunEvent[] }> {
  const events: RunEvent[] = [];
  const clock = virtualClock();
  const handlers = {
    'remove-lab': (task, _context, report) => {
      report.progress('working', 'core-01');
      return handler(task, clock);
    },
    'undo-change': (task) => handler(task, clock),
    step: (task) => handler(task, clock),
  } as Partial<Handlers> as Handlers;
  const context = { logPath: '/log' } as RunContext;
  const result = await runPlan(ofPlan, handlers, context, {
    emit: (event) => {
      events.push(event);
    },
    clock,
    signal: controller.signal,
    toEventError,
    collect: collectReport,
    ...(carriesOn === undefined ? {} : { carriesOn }),
  });
  return { result, events };
}

const types = (events: readonly RunEvent[]): string[] =>
  events.map((event) => ('task' in event ? `${event.type} ${event.task}` : event.type));

describe('runPlan', () => {
  it('tells everything in order, with how long it took', async () => {
    const { result, events } = await run((_task, clock) => {
      clock.advance(1_500);
      return Promise.resolve({ status: 'changed', message: 'done' });
    });
    expect(types(events).slice(0, 6)).toEqual([
      ...['run-started', 'warning', 'task-started a', 'task-progress a', 'task-finished a', 'task-started b'],
    ]);
    expect(events[3]).toMatchObject({ message: 'working', machine: 'core-01' });
    expect(events[4]).toMatchObject({ status: 'changed', seconds: 1.5, message: 'done' });
    expect(events.at(-1)).toMatchObject({ type: 'run-finished', report: result.report });
    expect(result).toMatchObject({ report: { status: 'passed', logPath: '/log' } });
    expect(result).not.toHaveProperty('error');
  });

  it('warns of what a task has left, behind the task, and in nothing else of it', async () => {
    const { events } = await run(({ id }) =>
      Promise.resolve({ status: 'changed', warnings: id === 'a' ? ['a line is not ours'] : [] }),
    );
    expect(types(events).slice(2, 6)).toEqual([
      ...['task-started a', 'task-progress a', 'task-finished a', 'warning'],
    ]);
    expect(events[5]).toMatchObject({ type: 'warning', message: 'a line is not ours' });
    expect(events[4]).not.toHaveProperty('warnings');
  });

  it.each(['failed', 'blocked'] as const)(
    'ends after a task that is %s, without an error',
    async (status) => {
      const { result, events } = await run(({ id }) =>
        Promise.resolve({ status: id === 'b' ? status : 'passed' }),
      );
      expect(types(events)).not.toContain('task-started c');
      expect([result.report.status, result.error]).toEqual([status, undefined]);
      expect(result.report.tasks.map((task) => task.status)).toEqual(['passed', status, 'pending']);
    },
  );

  it('goes on with the next included scenario where a step of one is blocked', async () => {
    const steps = [
      ['chef-install', 'chef'],
      ['chef-converge', 'chef'],
      ['puppet-apply', 'puppet'],
    ].map(([id = '', scenario = '']): Task => {
      const scope = { scenario, title: scenario, role: 'server', parameters: {} };
      const step = { id, title: id, artifacts: [], needs: [], run: [], checks: [], lasting: false, scope };
      return { kind: 'step', id, title: id, step };
    });
    const { result } = await run(
      ({ id }) => Promise.resolve({ status: id === 'chef-install' ? 'blocked' : 'passed' }),
      new AbortController(),
      { ...plan, tasks: steps },
    );
    expect(result.report.tasks.map(({ status }) => status)).toEqual(['blocked', 'skipped', 'passed']);
    expect(result.report.status).toBe('blocked');
  });

  it('ends at an error, gives it back and tells it', async () => {
    const error = new CommandError('LAB_VAGRANT_FAILED', 'no boot', { machine: 'core-02', hint: 'again' });
    const { result, events } = await run(() => Promise.reject(error));
    expect(result.error).toBe(error);
    expect(events.find((event) => event.type === 'task-finished')).toMatchObject({
      status: 'failed',
      error: { code: 'LAB_VAGRANT_FAILED', message: 'no boot', machine: 'core-02', hint: 'again' },
    });
    expect(events.at(-1)?.type).toBe('run-finished');
  });

  it('goes on undoing after an entry that cannot be undone, and gives back its error', async () => {
    const undoing = [1, 2, 3].map((entry): Task => ({
      kind: 'undo-change',
      id: `undo-${entry}`,
      title: '',
      entry,
    }));
    const error = new CommandError('LAB_DOCKER_FAILED', 'no engine');
    const { result } = await run(
      ({ id }) => (id === 'undo-2' ? Promise.resolve({ status: 'changed' }) : Promise.reject(error)),
      undefined,
      { ...plan, tasks: undoing },
    );
    expect(result.error).toBe(error);
    expect(result.report.tasks.map(({ status }) => status)).toEqual(['failed', 'changed', 'failed']);
  });

  it('takes whatever a handler throws after a signal for the interruption that it is', async () => {
    const controller = new AbortController();
    const reason = new InterruptedError('LAB_INTERRUPTED', 'The run was stopped by SIGINT.');
    const { result } = await run(() => {
      controller.abort(reason);
      return Promise.reject(new CommandError('LAB_SSH_FAILED', 'connection closed'));
    }, controller);
    expect(result.error).toBe(reason);
    expect(result.report.status).toBe('interrupted');
  });

  it('begins no task after a signal, and says interrupted whatever the reason was', async () => {
    const controller = new AbortController();
    const { result, events } = await run(() => {
      controller.abort(new Error('a library said so'));
      return Promise.resolve({ status: 'changed' });
    }, controller);
    expect(result.error).toBeInstanceOf(InterruptedError);
    expect(result.report.tasks.map((task) => task.status)).toEqual(['changed', 'pending', 'pending']);
    expect(types(events)).not.toContain('task-progress b');
  });

  it('carries out what must be done in spite of a failed step, and the verdict stays', async () => {
    const asked: string[] = [];
    const { result } = await run(
      ({ id }) => Promise.resolve({ status: id === 'a' ? 'failed' : 'passed' }),
      undefined,
      plan,
      ({ id }, after) => {
        asked.push(`${id} after ${after}`);
        return id === 'c';
      },
    );
    expect(result.report.tasks.map(({ status }) => status)).toEqual(['failed', 'pending', 'passed']);
    expect([result.report.status, result.error]).toEqual(['failed', undefined]);
    expect(asked).toContain('b after verdict');
  });

  it.each(['in the middle of', 'after'])(
    'carries it out when it was stopped %s a task, and is interrupted all the same',
    async (when) => {
      const controller = new AbortController();
      const reason = new InterruptedError('LAB_INTERRUPTED', 'The run was stopped by SIGINT.');
      const { result } = await run(
        ({ id }) => {
          if (id === 'a') {
            controller.abort(reason);
            if (when !== 'after') return Promise.reject(reason);
          }
          return Promise.resolve({ status: 'changed' });
        },
        controller,
        plan,
        ({ id }) => id === 'c',
      );
      expect(result.error).toBe(reason);
      expect(result.report.tasks.at(-1)?.status).toBe('changed');
      expect(result.report.status).toBe('interrupted');
    },
  );

  it('gives back what went wrong with it after a signal, not the signal', async () => {
    const controller = new AbortController();
    controller.abort(new InterruptedError('LAB_INTERRUPTED', 'The run was stopped by SIGINT.'));
    const error = new CommandError('LAB_DOCKER_FAILED', 'no engine');
    const { events } = await run(
      () => Promise.reject(error),
      controller,
      plan,
      ({ id }) => id === 'c',
    );
    expect(events.findLast((event) => event.type === 'task-finished')).toMatchObject({
      task: 'c',
      error: { code: 'LAB_DOCKER_FAILED' },
    });
  });
});
