import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/io/clock.ts';
import { CommandError } from '../../../src/model/errors.ts';
import type { MachineObservation } from '../../../src/model/machine.ts';
import type { Check, Step } from '../../../src/model/scenario.ts';
import { diagnoseStep, type StepDiagnosis } from '../../../src/run/diagnose-step.ts';
import { fakeRun, type FakeLab, type FakeRun } from '../../support/fake-run-context.ts';
import { virtualClock } from '../../support/virtual-clock.ts';
import { formedState, nodes, running } from '../plan/plan-fixture.ts';

const served: Check = {
  ...{ title: 'the page is served', hint: 'look at {{machine.name}}', within: '20s' },
  ...{ http: { machine: 'all', port: 80, path: '/' }, expect: { contains: 'hello' } },
  units: ['page.service'],
};
const written: Check = {
  title: 'the page is there',
  hint: 'h',
  on: 'all',
  command: 'cat page',
  expect: { exit: 0 },
};

/** Time that does not pass while there is something to wait for. */
const patient: Clock = {
  now: () => 0,
  elapsed: () => 0,
  sleep: (_ms, signal) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    }),
};

async function diagnose(
  checks: Check[],
  lab: Partial<FakeLab> = {},
  observed: readonly MachineObservation[] = running(1),
): Promise<StepDiagnosis & { run: FakeRun }> {
  const step: Step = {
    ...{ id: 'serve', title: 'Serve', artifacts: [], needs: [], lasting: false, run: [], checks },
  };
  const machines = nodes(observed.length);
  const overrides = { clock: patient, ...lab.overrides };
  const run = fakeRun({ machines, state: formedState(observed.length), ...lab, overrides });
  return { ...(await diagnoseStep(step, observed, run.context, run.report)), run };
}

/** What systemd 252 says of a unit whose process was killed, and of one that there is not. */
const killed = 'Result=signal\nExecMainStatus=9\nLoadState=loaded\nActiveState=failed\nSubState=failed\n';
const notFound =
  'Result=success\nExecMainStatus=0\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n';

describe('diagnoseStep', () => {
  it('tries every check once, also after one that failed, and tells all that was printed', async () => {
    const lines = Array.from({ length: 60 }, (_, index) => `line ${index + 1}`);
    const { checks, run } = await diagnose([{ ...written, within: '90s' }, served], {
      run: (_, command) =>
        command === 'cat page' ? { exitCode: 1, stdout: lines.join('\n'), stderr: 'no' } : {},
      get: () => ({ status: 200, body: 'hello' }),
    });
    expect(run.calls).toEqual(['core-01$ cat page']);
    expect(run.checks.map(({ status }) => status)).toEqual(['failed', 'passed']);
    expect(checks).toMatchObject([
      {
        ...{ status: 'failed', machine: 'core-01', command: 'cat page', within: '90s' },
        ...{ expected: 'exit status 0', actual: 'exit status 1' },
        answer: { kind: 'command', exitCode: 1, stdout: lines.slice(-40).join('\n'), stderr: 'no' },
      },
      { status: 'passed' },
    ]);
  });

  it('shows a text of several lines against what came as a difference', async () => {
    const check: Check = {
      ...written,
      expect: { exit: 0, contains: 'one\ntwo of {{machine.name}}\nthree\n' },
    };
    const { checks } = await diagnose([check], { run: () => ({ stdout: 'one\n2\nthree\n' }) });
    expect(checks[0]?.difference).toBe(
      ['--- expected', '+++ actual', '@@ -1,3 +1,3 @@', ' one', '-two of core-01', '+2', ' three'].join('\n'),
    );
  });

  it('looks at the units of a check that failed, where it failed', async () => {
    const { checks, units, run } = await diagnose(
      [served, { ...served, units: ['page.service', 'other.service'] }],
      {
        get: (url) =>
          url.includes('.101') ? { status: 500, body: 'broken' } : { status: 200, body: 'hello' },
        run: (_, command) => {
          if (command.includes('journalctl'))
            return { stdout: 'Nov 21 15:23:15 core-01 systemd[1]: killed\n' };
          return { stdout: command.includes('other') ? notFound : killed };
        },
      },
      running(2),
    );
    expect(checks.map(({ machine, status }) => `${machine ?? ''} ${status}`)).toEqual([
      ...['core-01 failed', 'core-02 passed', 'core-01 failed', 'core-02 passed'],
    ]);
    expect(checks[0]?.answer).toEqual({ kind: 'http', status: 500, body: 'broken' });
    expect(units).toEqual([
      {
        ...{ machine: 'core-01', unit: 'page.service' },
        state: 'failed (failed), result signal, exit status 9',
        journal: 'Nov 21 15:23:15 core-01 systemd[1]: killed',
      },
      { machine: 'core-01', unit: 'other.service', state: 'there is no such unit', journal: '' },
    ]);
    expect(run.calls).toContain("core-01$ sudo -n journalctl -u 'page.service' -n 20 --no-pager 2>&1");
  });

  it('says of a machine that is stopped that it is, and asks it nothing', async () => {
    const observed = running(2).map((one, index) =>
      index === 0 ? one : { ...one, state: 'stopped' as const },
    );
    const { unreachable, checks, units, run } = await diagnose([written, served], {}, observed);
    expect(unreachable).toEqual([
      { machine: 'core-02', state: 'stopped', reason: 'the provider says that it is stopped' },
    ]);
    expect(checks.map(({ machine, untried }) => [machine, untried])).toEqual([
      ...[
        ['core-01', undefined],
        ['core-02', true],
        ['core-01', undefined],
        ['core-02', true],
      ],
    ]);
    expect(units.map(({ machine }) => machine)).toEqual(['core-01']);
    expect(run.calls.filter((call) => call.startsWith('core-02'))).toEqual([]);
  });

  it.each([
    {
      what: 'refuses',
      clock: patient,
      connect: () => Promise.reject(new CommandError('LAB_SSH_FAILED', 'core-01 cannot be reached over ssh')),
      reason: 'core-01 cannot be reached over ssh',
    },
    {
      what: 'is silent',
      clock: virtualClock(),
      connect: () => new Promise<never>(() => undefined),
      reason: 'it runs and does not answer over ssh within 15 s',
    },
  ])(
    'says once of a machine that $what that ssh does not reach it; a server there is asked',
    async (given) => {
      const { unreachable, checks } = await diagnose([written, { ...written, title: 'again' }, served], {
        overrides: { connect: given.connect, clock: given.clock },
        get: () => ({ status: 404, body: 'no page' }),
      });
      expect(unreachable).toEqual([{ machine: 'core-01', state: 'running', reason: given.reason }]);
      expect(checks.map(({ untried }) => untried)).toEqual([true, true, undefined]);
      expect(checks[2]?.answer).toEqual({ kind: 'http', status: 404, body: 'no page' });
    },
  );
});
