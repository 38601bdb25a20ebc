import { CommandError, LabError } from '../model/errors.ts';
import type { Machine, MachineObservation } from '../model/machine.ts';
import type { CheckContext } from './check-context.ts';
import type { RunContext } from './run-context.ts';

/** A machine on which no command can be run now. */
export interface UnreachableMachine {
  machine: string;
  /** Its state as the provider says it. */
  state: MachineObservation['state'];
  reason: string;
}

/** A machine that runs answers ssh at once; a run that waits for one to boot has more patience. */
const patienceMs = 15_000;

/** Which of these machines cannot be reached, all asked at once: those that do not run, and those that do not answer. */
export async function findUnreachable(
  machines: readonly Machine[],
  observed: readonly MachineObservation[],
  context: RunContext,
): Promise<UnreachableMachine[]> {
  const found = await Promise.all(
    machines.map(async ({ name }): Promise<UnreachableMachine | undefined> => {
      const { state, detail } = observed.find((one) => one.name === name) ?? { state: 'unknown' as const };
      const seen = detail ?? state;
      if (state !== 'running')
        return { machine: name, state, reason: `the provider says that it is ${seen}` };
      const reason = await silence(name, context);
      return reason === undefined ? undefined : { machine: name, state, reason };
    }),
  );
  return found.filter((one) => one !== undefined);
}

/** The same context, in which commands on these machines fail at once. */
export function withoutMachines(
  context: CheckContext,
  unreachable: readonly UnreachableMachine[],
): CheckContext {
  return {
    ...context,
    runOn: (machine, ...call) => {
      const known = unreachable.find((one) => one.machine === machine);
      if (known === undefined) return context.runOn(machine, ...call);
      const message = `${machine} cannot be reached: ${known.reason}`;
      return Promise.reject(new CommandError('LAB_SSH_FAILED', message, { machine }));
    },
  };
}

/** Why a machine that runs does not answer over ssh; undefined where it does. */
async function silence(name: string, context: RunContext): Promise<string | undefined> {
  const answered = new AbortController();
  const late = context.clock
    .sleep(patienceMs, AbortSignal.any([context.signal, answered.signal]))
    .then(() => `it runs and does not answer over ssh within ${patienceMs / 1000} s`);
  // It is given up as soon as the machine has answered.
  late.catch(() => undefined);
  const connecting = context.connect(name).then(() => undefined);
  connecting.catch(() => undefined);
  try {
    return await Promise.race([connecting, late]);
  } catch (error) {
    if (context.signal.aborted || !(error instanceof LabError)) throw error;
    return error.message;
  } finally {
    answered.abort();
  }
}
