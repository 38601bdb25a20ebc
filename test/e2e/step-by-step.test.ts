import { readdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabUser, type LabResult } from './support/lab-user.ts';

const lab = 'step-by-step';
const scenario = resolve('test/fixtures/scenarios/step-by-step.yaml');

describe('a chapter that a learner walks through', () => {
  let user: LabUser;
  beforeAll(async () => {
    user = await LabUser.create();
    await user.mustLab(['up', scenario, '--no-play', '--hosts-file', user.hostsFile]);
  });
  afterAll(async () => {
    await user.lab(['destroy', lab, '--yes', '--force']);
    await user.remove();
  });

  const passed = async (): Promise<string[]> => {
    const { steps } = await user.state(lab);
    return Object.entries(steps).flatMap(([id, { status }]) => (status === 'passed' ? [id] : []));
  };
  const onMachine = (command: string): Promise<LabResult> => user.lab(['ssh', 'web-01', command]);

  it('goes on by one step at a time', async () => {
    const first = await user.mustLab(['next']);
    expect(first.stdout).toContain('step 1 of 5: write-page - Write the page');
    expect(first.stdout).toMatch(/the book: +echo hello > index\.html/);
    expect(first.stdout).toMatch(/here: +on web-01: mkdir -p www && echo 'hello from web-01'/);
    expect(first.stdout).toContain('next: serve-page - Serve the page; `lab next`');
    expect(await passed()).toEqual(['write-page']);
    await user.mustLab(['next', lab, '--json']);
    expect(await passed()).toEqual(['write-page', 'serve-page']);
  });

  it('says why a step that was broken fails, and what to try', async () => {
    const well = await user.mustLab(['why', 'serve-page']);
    expect(well.stdout).toContain('The step serve-page is all right now.');
    await onMachine('sudo systemctl kill --signal KILL page');
    const broken = await user.lab(['why', 'serve-page']);
    expect(broken.exitCode, broken.stdout + broken.stderr).toBe(1);
    expect(broken.stdout).toContain('FAIL web-01: the page is served');
    expect(broken.stdout).toMatch(/command: +curl http:\/\/172\.17\.9\.101:80\//);
    expect(broken.stdout).toMatch(/actual: +no answer: .*connection refused/);
    expect(broken.stdout).toContain(
      'unit page.service on web-01: failed (failed), result signal, exit status 9',
    );
    expect(broken.stdout).toContain('Started page.service');
    expect(broken.stdout).toContain('- `systemctl status page` on web-01 says whether it runs.');
    expect(broken.stdout).toContain('`lab play step-by-step --only serve-page`');
    const hint = await user.mustLab(['hint']);
    expect(hint.stdout).toContain('step 2 of 5: serve-page - Serve the page (failed)');
  });

  it('goes back: what was broken is undone, and the checks before it are proved', async () => {
    const back = await user.mustLab(['goto', 'serve-page']);
    expect(back.stdout).toContain('Undo step serve-page: Serve the page');
    expect(back.stdout).toContain('pass web-01: the page is there');
    expect(back.stdout).toContain('next: serve-page');
    expect(await passed()).toEqual(['write-page']);
  });

  it('goes forward: what is missing is played, and lasting checks are proved', async () => {
    const { run } = await user.mustLab(['goto', 'change-page', '--json']);
    expect(run.report.tasks.map(({ id, status }) => `${id} ${status}`)).toEqual([
      ...['step-serve-page passed', 'step-look passed', 'step-leave-note passed'],
      ...['check-write-page passed', 'check-leave-note passed'],
    ]);
    const last = await user.mustLab(['next']);
    expect(last.stdout).toContain('All 5 steps of the chapter have passed');
    const none = await user.mustLab(['next']);
    expect(none.stdout).toContain('All 5 steps of the chapter have passed');
  });

  it('goes back over a step without undo, says so, and leaves what it did', async () => {
    const plan = await user.mustLab(['goto', 'write-page', '--dry-run']);
    expect(plan.stdout).toContain('Step leave-note has no undo: what it did stays');
    await user.mustLab(['goto', 'write-page']);
    expect(await passed()).toEqual([]);
    expect((await onMachine('ls www; cat note')).stdout).toBe('played\n');
  });

  it('goes on after it was killed in the middle of going back', async () => {
    await user.mustLab(['goto', 'change-page', '--json']);
    const run = user.start(['goto', 'write-page', '--json']);
    await run.when((event) => event.type === 'task-started' && event.task === 'undo-serve-page');
    await run.interrupt('SIGKILL');
    expect(await passed()).not.toContain('look');
    await user.mustLab(['goto', 'look', '--json']);
    expect(await passed()).toEqual(['write-page', 'serve-page']);
  });

  it('says first of a machine that is stopped that it is', async () => {
    await user.mustLab(['down']);
    const stopped = await user.lab(['why', 'write-page']);
    expect(stopped.exitCode).toBe(1);
    expect(stopped.stdout.split('\n').slice(2, 4)).toEqual([
      'web-01 cannot be reached: the provider says that it is stopped.',
      '  not tried there: the page is there',
    ]);
    expect(stopped.stdout).toMatch(/web-01 is stopped: `lab up \S+ --no-play` starts it/);
    const next = await user.lab(['next']);
    expect([next.exitCode, next.stderr]).toEqual([2, expect.stringContaining('--no-play')]);
    const logs = await readdir(dirname(user.labFile('logs/x', lab)));
    expect(logs.some((name) => name.endsWith('-why.log'))).toBe(true);
  });
});
