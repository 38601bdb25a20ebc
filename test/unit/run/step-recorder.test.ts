import { beforeAll, describe, expect, it } from 'vitest';
import type { Scenario, Step } from '../../../src/model/scenario.ts';
import { playStep } from '../../../src/run/handlers/play-step.ts';
import type { RecordedOutput } from '../../../src/run/recorded-output.ts';
import { coreosScenario } from '../../support/coreos-scenario.ts';
import { fakeExec } from '../../support/fake-exec.ts';
import { fakeRun, type FakeLab } from '../../support/fake-run-context.ts';
import { formedState, nodes } from '../plan/plan-fixture.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await coreosScenario();
});

const hint = 'look';
const command = (title: string, on: string): Step['checks'][number] => ({
  ...{ title, hint, on, command: title, within: '30s', expect: { exit: 0 } },
});

/** What is kept of a step that is played. Undefined: nothing. */
async function outputs(
  step: Pick<Step, 'run' | 'checks'>,
  lab: Partial<FakeLab> = {},
): Promise<RecordedOutput[] | undefined> {
  let kept: RecordedOutput[] | undefined;
  const run = fakeRun({
    ...{ machines: nodes(2), state: formedState(2), scenario },
    ...lab,
    overrides: {
      keepOutputs: (_step, printed) => {
        kept = [...printed];
        return Promise.resolve();
      },
      ...lab.overrides,
    },
  });
  const whole: Step = { ...{ id: 'one', title: 'One', artifacts: [], needs: [], lasting: false }, ...step };
  await playStep({ kind: 'step', id: 'step-one', title: 'One', step: whole }, run.context, run.report);
  return kept;
}

describe('the outputs of a step that is played', () => {
  it('are those of its commands and of the last attempt of its checks, machine by machine', async () => {
    let asked = 0;
    const printed = await outputs(
      { run: [{ on: 'all', command: 'make {{machine.name}}' }], checks: [command('list', '{{first.name}}')] },
      {
        run: (machine, line) => {
          if (line !== 'list') return { stdout: `made ${machine}\n`, stderr: 'a warning\n' };
          asked += 1;
          return { exitCode: asked < 3 ? 1 : 0, stdout: `attempt ${asked}\n` };
        },
      },
    );
    expect(printed).toEqual([
      { run: 1, machine: 'core-01', command: 'make core-01', output: 'made core-01\na warning\n' },
      { run: 1, machine: 'core-02', command: 'make core-02', output: 'made core-02\na warning\n' },
      { check: 'list', machine: 'core-01', command: 'list', output: 'attempt 3\n' },
    ]);
  });

  it('have the exit status of a command that must fail, and of an answer its status and body', async () => {
    const failing = { ...command('apt', 'all'), on: '{{first.name}}', expect: { exit: 127 } };
    const page = {
      title: 'page',
      hint,
      http: { machine: '{{last.name}}', port: 80, path: '/x' },
      expect: {},
    };
    const printed = await outputs(
      { run: [], checks: [failing, page] },
      { run: () => ({ exitCode: 127, stderr: 'not found' }), get: () => ({ status: 200, body: 'hello' }) },
    );
    expect(printed).toEqual([
      { check: 'apt', machine: 'core-01', command: 'apt', exit: 127, output: 'not found' },
      {
        check: 'page',
        machine: 'core-02',
        command: 'curl http://172.17.8.102:80/x',
        status: 200,
        output: 'hello',
      },
    ]);
  });

  it('are not what a server answered before it fell silent, where silence was waited for', async () => {
    let asked = 0;
    const silent = {
      title: 'x',
      hint,
      within: '30s',
      http: { machine: 'all', port: 80, path: '/' },
      expect: { unreachable: true },
    } as const;
    const get = (): { status: number; body: string } | undefined =>
      (asked += 1) < 4 ? { status: 200, body: 'still here' } : undefined;
    expect(await outputs({ run: [], checks: [silent] }, { get })).toEqual([]);
  });

  it('are not kept of a step that failed', async () => {
    const run = (): { exitCode: number } => ({ exitCode: 1 });
    expect(
      await outputs({ run: [], checks: [{ ...command('x', 'all'), within: '1s' }] }, { run }),
    ).toBeUndefined();
    expect(await outputs({ run: [{ on: 'all', command: 'x' }], checks: [] }, { run })).toBeUndefined();
  });

  it('hold no secrets, no colours, no paths of this computer, and no more than 200 lines', async () => {
    const { exec } = fakeExec([
      {
        command: /git/,
        result: { stdout: 'in /lab/work/app\n10 %\r99 %\rdone\n\u001b[31mred\u001b[0m SWMTKN-1-abc-def\n' },
      },
      { command: /seq/, result: { stdout: Array.from({ length: 5000 }, (_, line) => `${line}\n`).join('') } },
      { command: /wide/, result: { stdout: 'x'.repeat(100_000) } },
    ]);
    const printed = await outputs(
      {
        run: ['git init', 'seq 5000', 'wide', 'X_PASSWORD=y git'].map((line) => ({
          on: 'host',
          command: line,
        })),
        checks: [],
      },
      { overrides: { exec } },
    );
    const texts = printed?.map(({ output }) => output) ?? [];
    expect(texts[0]).toBe('in <lab>/work/app\ndone\nred <swarm join token>\n');
    expect(texts[1]?.split('\n').slice(198)).toEqual(['198', '199', '[the rest was left out]', '']);
    expect(texts[2]?.length).toBeLessThan(66_000);
    expect(printed?.[3]?.command).toBe('X_PASSWORD=<password> git');
  });
});
