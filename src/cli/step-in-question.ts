import type { Step } from '../model/scenario.ts';
import { lastFailedStep, nextStep } from '../plan/chapter-progress.ts';
import { selectSteps } from '../plan/select-steps.ts';
import { lastFailure, type LastFailure } from './last-failure.ts';
import type { OpenLab } from './open-lab.ts';

/** The step that somebody who asks for help is at. */
export interface StepInQuestion {
  step: Step;
  /** It failed; else it is the next one. */
  failed: boolean;
  /** What the last run said of it. */
  failure?: LastFailure;
}

/**
 * The step of which the last run said that it failed (`lab check` too), else the one that the state says failed last,
 * else the next one. Undefined at the chapter's end. `logs` is the lab's folder of logs.
 */
export async function stepInQuestion(
  { loaded, state }: OpenLab,
  logs: string,
): Promise<StepInQuestion | undefined> {
  const steps = selectSteps(loaded.scenario, state.edition);
  const failure = await lastFailure(logs);
  const failed = steps.find(({ id }) => id === failure?.step);
  const next = nextStep(steps, state.steps);
  // What a log says of a chapter that was begun anew since counts no more.
  const isCurrent = failed !== undefined && (failed === next || state.steps[failed.id] !== undefined);
  if (failure !== undefined && isCurrent) return { step: failed, failed: true, failure };
  const recorded = lastFailedStep(steps, state.steps);
  if (recorded !== undefined) return { step: recorded, failed: true };
  return next === undefined ? undefined : { step: next, failed: false };
}
