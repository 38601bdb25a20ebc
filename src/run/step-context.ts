import { mkdir } from 'node:fs/promises';
import { CommandError, LabError } from '../model/errors.ts';
import type { CheckContext } from './check-context.ts';
import type { StepScope } from '../model/scenario.ts';
import { lastLines } from './last-lines.ts';
import type { RunContext } from './run-context.ts';
import { stepValues } from './step-values.ts';

/** Everybody on this computer can read what stands on a command line, only this user the environment. */
const runGivenCommand = 'lab_command=$LAB_STEP_COMMAND; unset LAB_STEP_COMMAND; eval "$lab_command"';

/**
 * What the templates and checks of a step may see and touch of the lab of a run. For a step of an included scenario the
 * parameters are that scenario's, and the machines that it is about come first.
 */
export function stepContext(context: RunContext, scope?: StepScope): CheckContext {
  const { log } = context;
  const { machines, values } = stepValues(context.state(), context.machines, scope);
  return {
    machines,
    render: (template, extra) => context.render('scenario', template, { ...values, ...extra }),
    http: context.http,
    runOn: async (machine, command, timeoutMs, signal) => {
      const connection = await context.connect(machine, timeoutMs);
      const options = { timeoutMs, ...(signal === undefined ? {} : { signal }) };
      const result = await connection.run(command, options).catch((error: unknown) => {
        // The next attempt of a check must not meet the same dead connection.
        if (error instanceof LabError && error.code === 'LAB_SSH_FAILED') context.disconnect(machine);
        throw error;
      });
      log(
        `${machine}$ ${command.trim()}\n${lastLines(result.stdout + result.stderr, 40)}\n[exit ${result.exitCode}]`,
      );
      return result;
    },
    runOnHost: async (command, timeoutMs, signal) => {
      await mkdir(context.paths.work, { recursive: true, mode: 0o700 });
      const result = await context.exec('sh', ['-c', runGivenCommand], {
        timeoutMs,
        cwd: context.paths.work,
        env: { ...context.labEnvironment(), LAB_STEP_COMMAND: command },
        ...(signal === undefined ? {} : { signal }),
      });
      log(
        `host$ ${command.trim()}\n${lastLines(result.stdout + result.stderr, 40)}\n[exit ${result.exitCode ?? 'none'}]`,
      );
      if (result.timedOut) {
        throw new CommandError(
          'LAB_COMMAND_TIMEOUT',
          `A command on this host did not end within ${timeoutMs / 1000} s.`,
          {
            command: command.trim(),
            output: lastLines(result.stdout + result.stderr),
          },
        );
      }
      return { exitCode: result.exitCode ?? 1, stdout: result.stdout, stderr: result.stderr };
    },
    requestFrom: async (name, port, path) => {
      const machine = machines.find((candidate) => candidate.name === name);
      if (machine === undefined) throw new Error(`no machine ${name}`);
      const endpoint = await context.provider.endpoint(
        context.paths.project(machine.project),
        machine,
        port,
        context.signal,
      );
      return { url: `http://${endpoint.host}:${endpoint.port}${path}` };
    },
  };
}
