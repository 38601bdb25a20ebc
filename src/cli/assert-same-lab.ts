import { UsageError } from '../model/errors.ts';
import type { LabState } from '../model/lab-state.ts';
import { recordedParameters } from '../plan/recorded-parameters.ts';
import type { ParameterValue, Scenario } from '../model/scenario.ts';

/**
 * A lab that is there can be given more nodes; everything else about it is fixed until it is destroyed, and is never
 * ignored silently. `reference` is the scenario's, as in the lab's state: two files can bear one name.
 * Throws LAB_PARAMETER_INVALID with all differences.
 */
export function assertSameLab(
  scenario: Scenario,
  state: LabState | undefined,
  parameters: Record<string, ParameterValue>,
  asked: { edition?: string; subnet?: string; reference?: string },
): void {
  if (state === undefined) return;
  const counts = new Set(scenario.machines.map((group) => group.count));
  const bound = recordedParameters(scenario, state);
  const differences = Object.entries(parameters).flatMap(([name, value]) => {
    const old = bound[name];
    const grows = counts.has(name) && Number(value) > Number(old);
    return old === undefined || old === value || grows
      ? []
      : [`--${name} is ${shown(old)}, not ${shown(value)}`];
  });
  const { edition, subnet, reference } = asked;
  if (reference !== undefined && reference !== state.scenario)
    differences.push(`its scenario is ${state.scenario}, not ${reference}`);
  if (edition !== undefined && edition !== 'auto' && edition !== state.edition) {
    differences.push(`its edition is ${state.edition ?? 'none'}, not ${edition}`);
  }
  if (subnet !== undefined && subnet !== state.subnet)
    differences.push(`its subnet is ${state.subnet}, not ${subnet}`);
  if (differences.length === 0) return;
  throw new UsageError(
    'LAB_PARAMETER_INVALID',
    `Lab ${state.lab} is there already: ${differences.join('; ')}.`,
    {
      hint: `Nodes can be added, nothing else can be changed. To start over: \`lab destroy ${state.lab}\`, then \`lab up\`.`,
    },
  );
}

function shown(value: ParameterValue): string {
  return value === '' ? 'empty' : String(value);
}
