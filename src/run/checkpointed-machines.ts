import { EnvironmentError, UsageError } from '../model/errors.ts';
import type { CheckpointedMachine, Checkpoints, Provider } from '../providers/provider.ts';
import { observeMachines } from '../state/observe-machines.ts';
import type { RunContext } from './run-context.ts';

/** Throws LAB_CHECKPOINT_UNSUPPORTED where the provider has none. */
export function checkpointsOf({ checkpoints, name }: Pick<Provider, 'checkpoints' | 'name'>): Checkpoints {
  if (checkpoints !== undefined) return checkpoints;
  throw new EnvironmentError('LAB_CHECKPOINT_UNSUPPORTED', `The provider ${name} has no checkpoints.`, {
    hint: 'Use --provider virtualbox for checkpoints. With docker `lab destroy` and `lab up` take about half a minute.',
  });
}

/** All machines of the lab with the ids that they have now. Throws LAB_NOT_UP where one is not there. */
export async function checkpointedMachines(context: RunContext): Promise<CheckpointedMachine[]> {
  const { machines, provider, paths, signal } = context;
  const seen = await observeMachines(machines, provider, (project) => paths.project(project), signal);
  return seen.map(({ name, id }) => {
    if (id !== undefined) return { name, id };
    throw new UsageError('LAB_NOT_UP', `${name} is not there.`, {
      machine: name,
      hint: `\`lab up ${context.state().scenario}\` makes it.`,
    });
  });
}
