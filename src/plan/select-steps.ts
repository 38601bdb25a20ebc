import { UsageError } from '../model/errors.ts';
import type { Scenario, Step } from '../model/scenario.ts';

/** Which steps to play; ids of steps. All of them without any. */
export interface StepSelection {
  from?: string;
  until?: string;
  only?: readonly string[];
}

/** The steps of an edition, in order, cut down to the selection. Throws LAB_STEP_UNKNOWN. */
export function selectSteps(
  scenario: Scenario,
  edition: string | undefined,
  selection: StepSelection = {},
): Step[] {
  const steps = scenario.steps.filter((step) => step.edition === undefined || step.edition === edition);
  const position = (id: string): number => {
    const index = steps.findIndex((step) => step.id === id);
    if (index < 0) throw unknownStep(id, steps, edition);
    return index;
  };
  if (selection.only !== undefined) {
    const wanted = selection.only.map(position);
    return steps.filter((_, index) => wanted.includes(index));
  }
  const first = selection.from === undefined ? 0 : position(selection.from);
  const last = selection.until === undefined ? steps.length - 1 : position(selection.until);
  if (first > last) {
    throw new UsageError(
      'LAB_STEP_UNKNOWN',
      `Step ${selection.from ?? ''} comes after step ${selection.until ?? ''}.`,
      {
        hint: 'Exchange --from and --until.',
      },
    );
  }
  return steps.slice(first, last + 1);
}

function unknownStep(id: string, steps: readonly Step[], edition: string | undefined): UsageError {
  const where = edition === undefined ? '' : ` in the ${edition} edition`;
  return new UsageError('LAB_STEP_UNKNOWN', `There is no step "${id}"${where}.`, {
    hint: `The steps are: ${steps.map((step) => step.id).join(', ')}.`,
  });
}
