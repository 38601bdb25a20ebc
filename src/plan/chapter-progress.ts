import type { LabState } from '../model/lab-state.ts';
import type { Step } from '../model/scenario.ts';

/** What a lab's state says of the steps that were played, by id. */
export type StepRecords = LabState['steps'];

/** Whether the chapter goes on after this step: it passed, or was skipped because it is not for this lab. */
export function isDone({ id }: Step, records: StepRecords): boolean {
  const status = records[id]?.status;
  return status === 'passed' || status === 'skipped';
}

/** The first of an edition's steps that is not done; undefined at the chapter's end. */
export function nextStep(steps: readonly Step[], records: StepRecords): Step | undefined {
  return steps.find((step) => !isDone(step, records));
}

/** The step that failed, where that is the last that is known of the chapter. */
export function lastFailedStep(steps: readonly Step[], records: StepRecords): Step | undefined {
  const played = steps.filter((step) => records[step.id] !== undefined);
  const at = (step: Step): string => records[step.id]?.at ?? '';
  const latest = played.reduce<Step | undefined>(
    (last, step) => (last === undefined || at(step) >= at(last) ? step : last),
    undefined,
  );
  return latest !== undefined && records[latest.id]?.status === 'failed' ? latest : undefined;
}
