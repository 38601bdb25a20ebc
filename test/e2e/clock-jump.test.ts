import { resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import type { LabRun } from './support/lab-run.ts';
import { LabUser } from './support/lab-user.ts';

let user: LabUser;
beforeEach(async () => {
  user = await LabUser.create();
});
afterEach(() => user.remove());

const preload = { NODE_OPTIONS: `--import ${resolve('test/e2e/support/settable-clock.mjs')}` };

/** Sets the clock of a run when the task begins: forward the first time, back the second. */
async function setClockAt(run: LabRun, task: string): Promise<void> {
  await run.when((event) => event.type === 'task-started' && event.task === task);
  process.kill(run.pid, 'SIGUSR2');
}

it('somebody sets the clock two hours forward and back while a lab comes up: nothing notices', async () => {
  const up = user.upArguments('--nodes', '1', '--no-play');
  const run = user.start(up, preload);
  await setClockAt(run, 'create-network');
  await setClockAt(run, 'apply-user-data');
  expect((await run.ended).exitCode, run.describe()).toBe(0);
  const times = run.events.map(({ at }: RunEvent) => Date.parse(at));
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(7_000_000);
  expect(times.at(-1)).toBeLessThan(Math.max(...times));
  const seconds = [run.report.seconds, ...run.report.tasks.map((task) => task.seconds)];
  expect(Math.min(...seconds)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...seconds)).toBeLessThan(200);

  const play = user.start(['play', 'coreos', '--only', 'etcd-members', '--json'], preload);
  await setClockAt(play, 'step-etcd-members');
  expect((await play.ended).exitCode, play.describe()).toBe(0);
  expect((await user.lab(up)).run.report.status).toBe('unchanged');
  await user.mustLab(['destroy', 'coreos', '--yes']);
  expect(await user.trace()).toEqual(user.before);
});
