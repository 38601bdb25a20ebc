import { describe, expect, it } from 'vitest';
import { CommandError } from '../../../src/model/errors.ts';
import type { Action } from '../../../src/model/scenario.ts';
import { runAction } from '../../../src/run/run-action.ts';
import { stepContext } from '../../../src/run/step-context.ts';
import { fakeExec } from '../../support/fake-exec.ts';
import { fakeRun, type FakeLab, type FakeRun } from '../../support/fake-run-context.ts';
import { formedState, nodes } from '../plan/plan-fixture.ts';

async function act(
  action: Action,
  lab: Partial<FakeLab> = {},
): Promise<FakeRun & { failure: Awaited<ReturnType<typeof runAction>> }> {
  const run = fakeRun({ machines: nodes(3), state: formedState(3), ...lab });
  return { ...run, failure: await runAction(action, run.context, stepContext(run.context), run.report) };
}

describe('runAction', () => {
  it('renders templates for each machine and leaves other files alone', async () => {
    const readAsset = (_kind: string, file: string): Promise<string> =>
      Promise.resolve(file.endsWith('.hbs') ? 'on {{machine.name}} of {{nodes}}' : '{{not for us}}');
    const overrides = { readAsset };
    const { uploads, calls } = await act(
      { on: 'others', file: 'a.hbs', to: '/a', mode: '0600' },
      { overrides },
    );
    expect(uploads).toEqual({ 'core-02:/a': 'on core-02 of 3', 'core-03:/a': 'on core-03 of 3' });
    expect(calls[0]).toBe('core-02< /a (0600)');
    const plain = await act({ on: '{{first.name}}', file: 'unit', to: '/u', mode: '0644' }, { overrides });
    expect(plain.uploads).toEqual({ 'core-01:/u': '{{not for us}}' });
  });

  it('puts one member of an archive on a machine', async () => {
    const asked: unknown[] = [];
    const artifactContent = (file: unknown): Promise<Buffer> => {
      asked.push(file);
      return Promise.resolve(Buffer.from('ELF'));
    };
    const action = {
      on: '{{last.name}}',
      artifact: 'fleet',
      member: 'fleetd',
      to: '/opt/bin/fleetd',
      mode: '0755',
    };
    const { uploads } = await act(action, { overrides: { artifactContent } });
    expect(uploads).toEqual({ 'core-03:/opt/bin/fleetd': 'ELF' });
    expect(asked).toMatchObject([{ artifact: 'fleet', member: 'fleetd' }]);
  });

  it('runs on this host with the environment of the lab', async () => {
    const { exec, calls, options } = fakeExec([{ command: 'sh -c echo 3', result: { stdout: '3\n' } }]);
    const { failure } = await act(
      { on: 'host', command: 'echo {{nodes}}', timeout: '5s' },
      { overrides: { exec } },
    );
    expect([failure, calls]).toEqual([undefined, ['sh -c echo 3']]);
    expect(options[0]).toMatchObject({ timeoutMs: 5_000, env: { LAB_NAME: 'coreos' } });
  });

  it('never takes a timeout for a success, here or there', async () => {
    const { exec } = fakeExec([{ command: /sleep/, result: { exitCode: undefined, timedOut: true } }]);
    const here = await act({ on: 'host', command: 'sleep 9', timeout: '1s' }, { overrides: { exec } });
    expect(here.failure).toMatchObject({
      status: 'failed',
      actual: expect.stringContaining('within 1 s') as string,
    });
    const timeout = new CommandError('LAB_COMMAND_TIMEOUT', 'sleep did not end in time', {
      output: 'so far',
    });
    const there = await act(
      { on: '{{first.name}}', command: 'sleep 9' },
      {
        run: () => {
          throw timeout;
        },
      },
    );
    expect(there.failure).toMatchObject({
      ...{ status: 'failed', machine: 'core-01', actual: 'sleep did not end in time\nso far' },
    });
  });

  it('starts machines again through Vagrant and says which did not start', async () => {
    const { calls } = await act({ machine: '{{last.name}}', power: 'start' });
    expect(calls).toEqual(['disconnect core-03', 'start core-03']);
    const driver = {
      up: () => Promise.resolve([{ name: 'core-03', ok: false, message: 'no memory' }]),
      halt: () => Promise.resolve(),
      destroy: () => Promise.resolve(),
    };
    await expect(
      act({ machine: '{{last.name}}', power: 'start' }, { overrides: { driver } }),
    ).rejects.toMatchObject({
      code: 'LAB_VAGRANT_FAILED',
      details: { machine: 'core-03', output: 'no memory' },
    });
  });

  it('takes a lost connection for a failed step, runs nothing again and says what to do', async () => {
    let runs = 0;
    const { failure } = await act(
      { on: '{{last.name}}', command: 'make' },
      {
        run: () => {
          runs += 1;
          throw new CommandError('LAB_SSH_FAILED', 'closed', { output: 'half', hint: 'look there.' });
        },
      },
    );
    expect(failure).toMatchObject({
      status: 'failed',
      machine: 'core-03',
      actual: 'closed\nhalf',
      hint: 'look there. The whole output is in /lab/logs/up.log.',
    });
    expect(runs).toBe(1);
  });

  it('throws what is no failure of the step', async () => {
    const controller = new AbortController();
    const stopped = act(
      { on: 'all', command: 'x' },
      {
        overrides: { signal: controller.signal },
        run: () => {
          controller.abort(new Error('Ctrl-C'));
          throw new CommandError('LAB_SSH_FAILED', 'closed');
        },
      },
    );
    await expect(stopped).rejects.toThrow('closed');
  });
});
