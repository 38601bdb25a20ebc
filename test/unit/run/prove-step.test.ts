import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EnvironmentError } from '../../../src/model/errors.ts';
import type { CheckResult } from '../../../src/model/event.ts';
import type { Scenario, Step } from '../../../src/model/scenario.ts';
import { proveStep, type ProofOptions } from '../../../src/run/handlers/prove-step.ts';
import { saveOutputs } from '../../../src/run/outputs-file.ts';
import { playSetting } from '../../../src/run/recorded-output.ts';
import type { TaskOutcome } from '../../../src/run/run-context.ts';
import { coreosScenario } from '../../support/coreos-scenario.ts';
import { fakeRun, type FakeLab, type FakeRun } from '../../support/fake-run-context.ts';
import { formedState, nodes } from '../plan/plan-fixture.ts';

/** Machines with files on them; `make`, `remove` and `is` (with file names) are all that they can do. */
class Files {
  readonly #files = new Set<string>();

  run(machine: string, command: string): { exitCode: number; stderr: string } {
    const [verb, ...names] = command.split(' ');
    const paths = names.map((name) => `${machine}:${name}`);
    if (verb === 'make') for (const path of paths) this.#files.add(path);
    if (verb === 'remove') for (const path of paths) this.#files.delete(path);
    if (verb !== 'is' && verb !== 'fresh') return { exitCode: 0, stderr: '' };
    const exists = paths.every((path) => this.#files.has(path));
    if (verb === 'fresh' && !exists) for (const path of paths) this.#files.add(path);
    return exists === (verb === 'is')
      ? { exitCode: 0, stderr: '' }
      : { exitCode: 1, stderr: exists ? 'it exists' : 'no such file' };
  }
}

const isThere = (name: string, more: Partial<Step['checks'][number]> = {}): Step['checks'][number] => ({
  ...{ title: `${name} is there`, hint: 'look', on: 'core-01', command: `is ${name}`, expect: { exit: 0 } },
  ...(more as object),
});
const on = 'core-01';
const page: Partial<Step> = {
  run: [{ on, command: 'make page' }],
  checks: [isThere('page')],
};

type Proved = FakeRun & { outcome: TaskOutcome; record: string | undefined; lines: string[] };

async function prove(
  changes: Partial<Step>,
  lab: Partial<FakeLab> = {},
  options: Partial<ProofOptions> = {},
): Promise<Proved> {
  const files = new Files();
  const step: Step = {
    ...{ id: 'one', title: 'One', artifacts: [], needs: [], run: [], checks: [], lasting: false },
    ...changes,
  };
  const run = fakeRun({
    machines: nodes(3),
    state: formedState(3),
    scenario: await coreosScenario(),
    run: (machine, command) => files.run(machine, command),
    ...lab,
  });
  const task = { kind: 'step', id: 'step-one', title: 'One', step } as const;
  const prover = proveStep({ mutations: true, recording: undefined, ...options });
  const outcome = await prover(task, run.context, run.report);
  const line = ({ status, machine = '', title }: CheckResult): string => `${status} ${machine}: ${title}`;
  return { ...run, outcome, record: run.context.state().steps['one']?.status, lines: run.checks.map(line) };
}

const findings = ({ checks }: Proved): string[] =>
  checks.filter(({ status }) => status === 'failed').map(({ title }) => title);

describe('a step that does what it claims', () => {
  it('is proved claim by claim: before, after, again, broken and mended', async () => {
    const mutation = { on, command: 'remove page', undo: 'make page' };
    const { lines, outcome, record } = await prove({
      ...page,
      run: [{ on, command: 'make page other' }],
      idempotent: true,
      checks: [isThere('page', { mutation }), isThere('other')],
    });
    expect(lines).toEqual([
      'passed core-01: before: page is there -- fails',
      'passed core-01: before: other is there -- fails',
      'passed core-01: page is there',
      'passed core-01: other is there',
      'passed core-01: again: page is there',
      'passed core-01: again: other is there',
      'passed core-01: broken (remove page): page is there -- fails',
      'passed core-01: broken (remove page), and still: other is there',
      'passed core-01: mended (make page): page is there',
      'passed core-01: mended (make page): other is there',
    ]);
    expect([outcome, record]).toEqual([{ status: 'passed', message: '10 claims hold' }, 'passed']);
  });

  it('is not broken with --no-mutations', async () => {
    const mutation = { on, command: 'remove page', undo: 'make page' };
    const checks = [isThere('page', { mutation })];
    const { calls } = await prove({ ...page, checks }, {}, { mutations: false });
    expect(calls.join()).not.toContain('remove');
  });

  it('is waited for until damage shows', async () => {
    let tries = 0;
    const mutation = { on, command: 'remove page', undo: 'make page' };
    const late = await prove(
      { checks: [isThere('page', { mutation })] },
      { run: (_machine, command) => ({ exitCode: command === 'is page' && (tries += 1) === 5 ? 1 : 0 }) },
    );
    expect([late.outcome.status, tries]).toEqual(['passed', 6]);
  });
});

describe('a check that passes before the step', () => {
  const idle: Partial<Step> = {
    run: [{ on, command: 'rest' }],
    checks: [{ ...isThere('x'), command: 'rest' }] as Step['checks'],
  };

  it('is a finding: it proves nothing, and the step is played all the same', async () => {
    const proved = await prove(idle);
    expect(findings(proved)).toEqual(['before: x is there -- fails']);
    expect(proved.checks[0]).toMatchObject({
      expected: 'the check fails',
      actual: expect.stringContaining('it passes') as string,
      hint: expect.stringContaining('holdsBefore') as string,
    });
    expect(proved.outcome).toEqual({ status: 'failed', message: '1 of 2 claims do not hold' });
    expect(proved.record).toBe('passed');
  });

  it('is none where the scenario says so, and where the step only observes', async () => {
    const [check] = idle.checks ?? [];
    if (check === undefined) throw new Error('no check');
    expect(findings(await prove({ ...idle, checks: [{ ...check, holdsBefore: true }] }))).toEqual([]);
    expect(findings(await prove({ ...idle, run: [] }))).toEqual([]);
  });

  it('is tried once before, however long it may take afterwards', async () => {
    const { checks } = await prove({ ...page, checks: [isThere('page', { within: '30s' })] });
    expect(checks[0]).toMatchObject({ status: 'passed', seconds: 0 });
  });

  it('fails before where it fails on one of its machines', async () => {
    const run = [{ on: 'all', command: 'make page' }];
    const proved = await prove({ run, checks: [isThere('page', { on: 'all' })] });
    expect(proved.lines[0]).toBe('passed : before: page is there -- fails');
    expect(proved.checks[0]?.actual.split('\n').filter((line) => line.startsWith('core-'))).toHaveLength(3);
  });
});

describe('a step that cannot be played twice and says that it can', () => {
  it('is a finding', async () => {
    const proved = await prove({ ...page, idempotent: true, run: [{ on, command: 'fresh page' }] });
    expect(findings(proved)).toEqual(['again: the command of the step ends well']);
    // Its checks pass, so that steps that need it are judged.
    expect(proved.record).toBe('passed');
  });
});

describe('a mutation', () => {
  it('that breaks nothing is a finding', async () => {
    const mutation = { on, command: 'rest', undo: 'make page' };
    const proved = await prove({ ...page, checks: [isThere('page', { mutation })] });
    expect(findings(proved)).toEqual(['broken (rest): page is there -- fails']);
    const found = proved.checks.find(({ status }) => status === 'failed');
    expect(found).toMatchObject({ expected: 'the check fails within 15 s' });
    expect(found?.actual).toMatch(/^it passes: .*\(in each of \d+ attempts in 14\.8 s\)$/s);
  });

  it('that breaks another check, too, is a finding', async () => {
    const mutation = { on: '{{first.name}}', command: 'remove page other', undo: 'make page other' };
    const proved = await prove({
      run: [{ on, command: 'make page other' }],
      checks: [isThere('page', { mutation }), isThere('other')],
    });
    expect(findings(proved)).toEqual(['broken (remove page other), and still: other is there']);
    expect(proved.record).toBe('passed');
  });

  it('that cannot be mended ends the proof of the step, and of those that need it', async () => {
    const mutation = { on, command: 'remove page', undo: 'rest' };
    const checks = [isThere('page', { mutation }), isThere('page', { title: 'never', mutation })];
    const proved = await prove({ ...page, checks });
    expect(findings(proved)).toEqual([
      'broken (remove page), and still: never',
      'mended (rest): page is there',
      'mended (rest): never',
    ]);
    expect([proved.outcome.status, proved.record]).toEqual(['failed', 'failed']);
  });

  it('whose command fails is one finding, and what it did is mended', async () => {
    const run = (machine: string, command: string): { exitCode: number } => ({
      exitCode: machine === 'core-01' && command === 'explode' ? 3 : 0,
    });
    const mutation = { on, command: 'explode', undo: 'collect' };
    const proved = await prove({ checks: [isThere('page', { mutation })] }, { run });
    expect(findings(proved)).toEqual(['broken (explode): the command ends well']);
    expect(proved.calls).toContain('core-01$ collect');
  });
});

describe('what stands in the way of a step', () => {
  const needy: Partial<Step> = { ...page, needs: ['start'] };

  it('leaves it unjudged where a step that it needs did not pass', async () => {
    const { outcome, calls, record } = await prove(needy);
    expect(outcome).toEqual({
      status: 'skipped',
      message: 'not judged: it needs the step start, which did not pass',
    });
    expect([calls, record]).toEqual([[], undefined]);
  });

  it('fails it where that step is skipped in a lab like this: it can never be played', async () => {
    const state = formedState(3);
    state.steps['start'] = { status: 'skipped', at: '2026-01-01T00:00:00.000Z' };
    expect((await prove(needy, { state })).outcome.status).toBe('failed');
  });

  it('blocks it where an artifact cannot be had', async () => {
    const unavailable = new EnvironmentError('LAB_ARTIFACT_UNAVAILABLE', 'no way to it');
    const overrides = { fetchArtifact: () => Promise.reject(unavailable) };
    const { outcome } = await prove({ ...page, artifacts: ['fleet'] }, { overrides });
    expect(outcome.status).toBe('blocked');
  });

  it('ends it where an action fails, and nothing more is asked', async () => {
    const proved = await prove(
      { ...page, idempotent: true },
      { run: (_machine, command) => ({ exitCode: command.startsWith('is') ? 1 : 7 }) },
    );
    expect(findings(proved)).toEqual(['the command of the step ends well']);
    expect(proved.record).toBe('failed');
  });
});

describe('a recording', () => {
  it('is held against what the step printed when it was played', async () => {
    const lab = await mkdtemp(join(tmpdir(), 'lab-prove-'));
    const state = formedState(3);
    const setting = playSetting(state);
    const said = (output: string) => [{ run: 1, machine: 'core-01', output }];
    await saveOutputs(lab, setting, 'one', said('made'));
    const recording = { setting, steps: { one: said('made it') } };
    const paths = { lab } as Scenario & { lab: string };
    const overrides = { paths, keepOutputs: () => Promise.resolve() } as unknown as Partial<
      FakeRun['context']
    >;
    const proved = await prove(page, { state, overrides }, { recording });
    await rm(lab, { recursive: true });
    expect(findings(proved)).toEqual(['command 1 prints what is recorded']);
  });
});
