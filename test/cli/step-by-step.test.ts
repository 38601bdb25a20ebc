import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { labSandbox, type LabRun, type LabSandbox } from '../support/lab-process.ts';
import { saveLab, savedState } from '../support/saved-lab.ts';

let sandbox: LabSandbox;
beforeEach(async () => {
  sandbox = await labSandbox();
  await saveLab(sandbox);
});
afterEach(() => sandbox.remove());

async function answer(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await sandbox.run(args);
  expect([exitCode, stderr]).toEqual([0, '']);
  return stdout;
}

async function refusal(...args: string[]): Promise<LabRun> {
  const run = await sandbox.run(args);
  expect([run.exitCode, run.stdout]).toEqual([2, '']);
  return run;
}

const swarmSteps = [
  ...['etcd-members', 'form-swarm', 'list-machines', 'sample-image', 'submit', 'start', 'open'],
  ...['lose-node', 'return-node', 'stop'],
];
const played = (...ids: string[]): typeof savedState => ({
  ...savedState,
  steps: Object.fromEntries(
    ids.map((id, index) => [id, { status: 'passed', at: `2026-01-01T00:00:0${index}Z` }]),
  ),
});

async function writeLog(name: string, ...events: object[]): Promise<void> {
  const { logs } = sandbox.paths('coreos');
  await mkdir(logs, { recursive: true });
  const lines = events.map((event) => `2026-01-01T00:00:00.000Z ${JSON.stringify(event)}\n`);
  await writeFile(join(logs, `${name}.log`), lines.join(''));
}

describe('lab next', () => {
  it('shows the step with --dry-run: the book beside what is done here, and what is checked', async () => {
    const text = await answer('next', '--dry-run');
    expect(text).toContain(
      'step 2 of 10: form-swarm - The Docker engines form a swarm\n  note:     CoreOS started',
    );
    expect(text).toMatch(/here: +on core-01: set -e/);
    expect(text).toMatch(/--advertise-addr 10\.119\.3\.101/);
    expect(text).toMatch(/on core-02, core-03: set -e/);
    expect(text).toMatch(/checks: +every engine is part of a swarm \(core-01, core-02, core-03\)/);
    const plan = JSON.parse(await answer('next', 'coreos', '--dry-run', '--json')) as Plan;
    expect(plan.tasks.map(({ id }) => id)).toEqual(['step-form-swarm']);
  });

  it('says so when all have passed, and asks for no machine', async () => {
    await saveLab(sandbox, played(...swarmSteps));
    expect(await answer('next')).toMatch(
      /nothing to do .*\n\nAll 10 steps of the chapter have passed; `lab check`/s,
    );
    expect(await answer('next', '--dry-run')).toContain('All 10 steps');
    expect(await answer('hint')).toContain('All 10 steps');
    const skipped = { status: 'skipped', at: '' } as const;
    const { steps } = played(...swarmSteps);
    await saveLab(sandbox, {
      ...savedState,
      steps: { ...steps, 'lose-node': skipped, 'return-node': skipped },
    });
    expect(await answer('next')).toContain('8 steps of the chapter have passed, 2 were skipped');
  });

  it('starts no machine, and names the command that does without playing the chapter', async () => {
    const { stderr } = await refusal('next');
    expect(stderr).toContain('LAB_NOT_UP');
    expect(stderr).toContain('`lab up coreos` starts them. With --no-play it plays no step.');
  });
});

describe('lab hint', () => {
  it('tells of the next step, with the values of the lab, and asks no machine', async () => {
    await saveLab(sandbox, played(...swarmSteps.slice(0, 6)));
    const { exitCode, stdout } = await sandbox.run(['hint'], { without: ['docker', 'vagrant', 'ssh'] });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('step 7 of 10: open - Open the application');
    expect(stdout).toMatch(/^ +hint: `docker ps` on that node shows whether the container runs\.$/m);
    expect(stdout).toContain('`lab next` plays it.');
    const json = JSON.parse(await answer('hint', '--json')) as object;
    expect(json).toMatchObject({ lab: 'coreos', failed: false, step: { id: 'open' }, failures: [] });
  });

  it('begins with the check that failed in the last run', async () => {
    await saveLab(sandbox, played('etcd-members', 'form-swarm'));
    const check = { title: 'every engine is part of a swarm', status: 'failed', machine: 'core-02' };
    await writeLog(
      '1-check',
      {
        type: 'check-finished',
        at: '',
        task: 'step-form-swarm',
        check: { ...check, hint: 'look at docker' },
      },
      { type: 'task-finished', at: '', task: 'step-form-swarm', status: 'failed', seconds: 1 },
    );
    const text = await answer('hint', 'coreos');
    expect(text).toContain('form-swarm - The Docker engines form a swarm (failed)');
    expect(text).toMatch(/What failed last time\n {2}core-02: every engine .*\n {4}hint: look at docker/);
    expect(text).toContain('`lab why form-swarm --lab coreos`');
  });
});

describe('lab why', () => {
  it('has nothing to say where nothing has failed', async () => {
    expect(await answer('why')).toBe(
      'No step of lab coreos has failed. `lab why STEP` looks at any of them.\n',
    );
    expect(JSON.parse(await answer('why', '--json'))).toEqual({ lab: 'coreos' });
  });

  it('refuses a step that is not there', async () => {
    expect((await refusal('why', 'strat')).stderr).toContain('LAB_STEP_UNKNOWN');
  });

  it('says of machines that are gone that they are, once, and what to try', async () => {
    const { exitCode, stdout, stderr } = await sandbox.run(['why', 'form-swarm']);
    expect([exitCode, stderr]).toEqual([1, '']);
    expect(stdout.match(/core-01 cannot be reached: the provider says that it is absent\./g)).toHaveLength(1);
    expect(stdout).not.toContain('FAIL');
    expect(stdout).toContain('core-03 is absent: `lab up coreos --no-play` makes it.');
    const json = JSON.parse((await sandbox.run(['why', 'form-swarm', '--json'])).stdout) as object;
    expect(json).toMatchObject({ step: 'form-swarm', status: 'failed', checks: [{ untried: true }, {}, {}] });
  });
});

describe('lab goto', () => {
  it('prints with --dry-run how it would go back and what it would prove', async () => {
    await saveLab(sandbox, played(...swarmSteps.slice(0, 6)));
    const { tasks } = JSON.parse(await answer('goto', 'submit', '--dry-run', '--json')) as Plan;
    expect(tasks.map(({ id }) => id)).toEqual([
      ...['undo-start', 'undo-submit'],
      ...['check-etcd-members', 'check-form-swarm', 'check-list-machines', 'check-sample-image'],
    ]);
    const text = await answer('goto', 'open', '--dry-run');
    expect(text).toContain('open is step 7 of 10');
    expect(text).toContain('Check step start: Start the service on every node');
  });

  it('refuses a step of another edition, and a lab that is not up', async () => {
    expect((await refusal('goto', 'submit-fleet', '--dry-run')).stderr).toContain('LAB_STEP_UNKNOWN');
    expect((await refusal('goto', 'submit')).stderr).toContain('LAB_NOT_UP');
  });
});
