import { CommandError, LabError } from '../model/errors.ts';
import type { CheckContext } from './check-context.ts';
import { lastLines } from './last-lines.ts';
import type { RunContext } from './run-context.ts';

/** What the templates and checks of a scenario's steps may see and touch of the lab of a run. */
export function stepContext(context: RunContext): CheckContext {
  const { machines, log } = context;
  const { parameters, lab, subnet, edition } = context.state();
  const role = machines[0]?.role;
  const cluster = machines.filter((machine) => machine.role === role);
  const values = {
    ...parameters,
    lab,
    subnet,
    edition,
    machines: cluster,
    first: cluster[0],
    last: cluster.at(-1),
    others: cluster.slice(1),
  };
  return {
    machines,
    render: (template, extra) => context.render('scenario', template, { ...values, ...extra }),
    http: context.http,
    runOn: async (machine, command, timeoutMs, signal) => {
      const connection = await context.connect(machine);
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
      const result = await context.exec('sh', ['-c', command], {
        timeoutMs,
        env: context.labEnvironment(),
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
