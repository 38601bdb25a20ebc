import type { LabState } from '../model/lab-state.ts';
import type { Machine } from '../model/machine.ts';
import type { ParameterValue, StepScope } from '../model/scenario.ts';

/** What a step's texts are about. */
export interface StepValues {
  /** All machines of the lab; those that the step means by `all` come first. */
  machines: readonly Machine[];
  /** What its templates have in scope, `machine` apart. */
  values: Readonly<Record<string, unknown>>;
}

/**
 * What the texts of a step are about in this lab. For a step of an included scenario the parameters are that
 * scenario's, and the machines that it is about come first.
 */
export function stepValues(
  { parameters, lab, subnet, edition }: Pick<LabState, 'parameters' | 'lab' | 'subnet' | 'edition'>,
  machines: readonly Machine[],
  scope?: StepScope,
): StepValues {
  const role = scope?.role ?? machines[0]?.role;
  const cluster = machines.filter((machine) => machine.role === role);
  return {
    machines: [...cluster, ...machines.filter((machine) => machine.role !== role)],
    values: {
      ...scopedParameters(parameters, scope),
      lab,
      subnet,
      edition,
      machines: cluster,
      first: cluster[0],
      last: cluster.at(-1),
      others: cluster.slice(1),
    },
  };
}

function scopedParameters(
  parameters: Readonly<Record<string, ParameterValue>>,
  scope: StepScope | undefined,
): Readonly<Record<string, ParameterValue | undefined>> {
  if (scope === undefined) return parameters;
  const values = Object.entries(scope.parameters).map(
    ([name, source]) => [name, 'value' in source ? source.value : parameters[source.parameter]] as const,
  );
  return Object.fromEntries(values);
}
