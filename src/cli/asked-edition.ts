import { didYouMean } from '../load/did-you-mean.ts';
import { UsageError } from '../model/errors.ts';
import type { Scenario } from '../model/scenario.ts';

/** The edition that was asked for, or `auto`. Throws LAB_PARAMETER_INVALID where the scenario has no such edition. */
export function askedEdition(scenario: Scenario, asked: string): string {
  const known = Object.keys(scenario.editions);
  if (asked === 'auto' || known.includes(asked)) return asked;
  const suggestion = didYouMean(asked, ['auto', ...known]);
  throw new UsageError('LAB_PARAMETER_INVALID', `The scenario has no edition "${asked}".`, {
    hint:
      suggestion === undefined
        ? `Choose from: ${['auto', ...known].join(', ')}.`
        : `Did you mean ${suggestion}?`,
  });
}
