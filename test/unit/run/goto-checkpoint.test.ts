import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { collectReport } from '../../../src/report/collect-report.ts';
import { toEventError } from '../../../src/report/format-error.ts';
import type { RunReport } from '../../../src/model/event.ts';
import type { Plan, Task } from '../../../src/model/plan.ts';
import type { Scenario, Step } from '../../../src/model/scenario.ts';
import { nextStep } from '../../../src/plan/chapter-progress.ts';
import { planGoto } from '../../../src/plan/plan-goto.ts';
import { VirtualBoxCheckpoints } from '../../../src/providers/virtualbox/checkpoints.ts';
import { VBoxManage } from '../../../src/providers/virtualbox/vbox-manage.ts';
import { handlers } from '../../../src/run/handlers/handlers.ts';
import type { RunContext } from '../../../src/run/run-context.ts';
import { runPlan } from '../../../src/run/runner.ts';
import { loadCheckpoint } from '../../../src/state/checkpoint-file.ts';
import { fakeRun, type FakeRun } from '../../support/fake-run-context.ts';
import { SimulatedVirtualBox } from '../../support/simulated-virtualbox.ts';
import { virtualClock } from '../../support/virtual-clock.ts';
import { formedState, nodes } from '../plan/plan-fixture.ts';

const steps = ['a', 'b', 'c', 'd'].map((id): Step => ({
  ...{ id, title: id, artifacts: [], needs: [], lasting: id === 'a' },
  ...{ run: [{ on: 'all', command: `play ${id}` }], undo: [{ on: 'all', command: `undo ${id}` }] },
  checks: [{ title: id, hint: 'h', on: 'all', command: `check ${id}`, expect: { exit: 0 } }],
}));
const scenario = { steps, artifacts: {} } as unknown as Scenario;

let lab: string;
let fake: FakeRun;
beforeEach(async () => {
  lab = await mkdtemp(join(tmpdir(), 'lab-goto-'));
  const virtualBox = new SimulatedVirtualBox(['core-01']);
  const clock = virtualClock(Date.parse('2026-11-21T12:00:00Z'));
  fake = fakeRun({
    ...{ machines: nodes(1), state: { ...formedState(1), provider: 'virtualbox' }, scenario },
    run: (_, command) => (command.includes('date') ? { stdout: `${Math.floor(clock.now() / 1000)}\n` } : {}),
    overrides: {
      clock,
      paths: { lab, project: (name) => join(lab, name), privateKey: '', discoveryRegistry: '', work: lab },
      provider: {
        ...{
          name: 'virtualbox',
          checkpoints: new VirtualBoxCheckpoints(new VBoxManage(virtualBox.exec), virtualClock()),
        },
        observe: () =>
          Promise.resolve([{ name: 'core-01', state: 'running', id: virtualBox.machines[0]?.id }]),
      } as unknown as RunContext['provider'],
    },
  });
});
afterEach(() => rm(lab, { recursive: true }));

async function run(tasks: Task[]): Promise<RunReport> {
  const { clock, signal } = fake.context;
  const plan = { command: 'goto', lab: 'coreos', tasks, warnings: [] as string[] } as unknown as Plan;
  const options = { emit: () => undefined, clock, signal, toEventError, collect: collectReport };
  return (await runPlan(plan, handlers, fake.context, options)).report;
}
const play = (...ids: string[]): Promise<RunReport> =>
  run(
    steps
      .filter(({ id }) => ids.includes(id))
      .map((step) => ({ kind: 'step', id: step.id, title: '', step })),
  );

it('goto goes back by a checkpoint: machines and records are put back, what is missing is played, and nothing undone', async () => {
  await play('a', 'b');
  await run([{ kind: 'save-checkpoint', id: 'save', title: '', name: 'two', replace: false }]);
  await play('c', 'd');
  const record = await loadCheckpoint(lab, 'two');
  fake.calls.length = 0;
  const { tasks } = planGoto({
    ...{ scenario, edition: undefined, target: 'd', records: fake.context.state().steps, machines: nodes(1) },
    checkpoints: [{ name: 'two', savedAt: record?.savedAt ?? '', steps: record?.steps ?? {} }],
  });
  expect((await run(tasks)).status).toBe('passed');
  expect(fake.calls.filter((call) => /play|undo|check/.test(call))).toEqual([
    ...['core-01$ play c', 'core-01$ check c', 'core-01$ check a', 'core-01$ check c'],
  ]);
  expect(Object.keys(fake.context.state().steps)).toEqual(['a', 'b', 'c']);
  expect(nextStep(steps, fake.context.state().steps)?.id).toBe('d');
});
