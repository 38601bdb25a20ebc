import { UsageError } from '../model/errors.ts';
import type { Scenario } from '../model/scenario.ts';

/** The optional machines that were asked for with --with, each once. Throws LAB_PARAMETER_INVALID for one that there is not. */
export function askedRoles(scenario: Scenario, asked: readonly string[]): string[] {
  const optional = scenario.machines.filter((group) => group.optional).map((group) => group.role);
  const unknown = asked.find((role) => !optional.includes(role));
  if (unknown === undefined) return [...new Set(asked)];
  const choice =
    optional.length === 0 ? 'The scenario has no optional machines.' : `Choose from: ${optional.join(', ')}.`;
  throw new UsageError('LAB_PARAMETER_INVALID', `There is no optional machine "${unknown}".`, {
    hint: choice,
  });
}
