import { count } from '../model/count.ts';
import type { Machine } from '../model/machine.ts';
import type { Plan, Task } from '../model/plan.ts';
import type { Scenario, Step } from '../model/scenario.ts';
import { isDone, type StepRecords } from './chapter-progress.ts';
import { stepTask } from './plan-up.ts';
import { selectSteps } from './select-steps.ts';

/** A checkpoint that can be restored, with what had been played when it was saved. */
export interface Restorable {
  name: string;
  /** ISO 8601. */
  savedAt: string;
  steps: StepRecords;
}

export interface GotoRequest {
  scenario: Scenario;
  edition: string | undefined;
  /** Id of the step that is to be the next. */
  target: string;
  records: StepRecords;
  machines: readonly Machine[];
  checkpoints: readonly Restorable[];
}

/**
 * How to get to where `target` is the next step: all steps before it are done, it and those after it are not. What was
 * played too far is taken back by the nearest checkpoint, else by the steps' own `undo`, from the last one on; then
 * what is missing is played, and what must hold at that point is checked. Throws LAB_STEP_UNKNOWN.
 */
export function planGoto(request: GotoRequest): Pick<Plan, 'tasks' | 'reasons' | 'warnings'> {
  const { scenario, edition, target, records } = request;
  const steps = selectSteps(scenario, edition);
  const before = selectSteps(scenario, edition, { until: target }).slice(0, -1);
  const tooFar = steps.slice(before.length).filter((step) => records[step.id] !== undefined);
  const checkpoint = tooFar.length === 0 ? undefined : nearest(request.checkpoints, before);
  const held = checkpoint?.steps ?? records;
  const missing = before.filter((step) => !isDone(step, held));
  const undone = checkpoint === undefined ? tooFar.toReversed() : [];
  return {
    reasons: [
      `${target} is step ${before.length + 1} of ${steps.length}`,
      ...wayBack(checkpoint, undone, before.length),
      ...(missing.length === 0 ? [] : [`${count(missing.length, 'step')} before it to be played`]),
    ],
    warnings: staying(undone, records),
    tasks: [
      ...(checkpoint === undefined ? [] : [restoreTask(checkpoint)]),
      ...undone.map((step) => undoTask(step, records)),
      ...missing.map(stepTask),
      ...toCheck(before, missing, held, request.machines).map(checkTask),
    ],
  };
}

/** The one at which most had been played, and of those the newest. None in which a later step had been touched. */
function nearest(checkpoints: readonly Restorable[], before: readonly Step[]): Restorable | undefined {
  const wanted = new Set(before.map((step) => step.id));
  const usable = checkpoints.filter(({ steps }) => Object.keys(steps).every((id) => wanted.has(id)));
  const done = ({ steps }: Restorable): number => before.filter((step) => isDone(step, steps)).length;
  const [best] = usable.toSorted(
    (one, other) => done(other) - done(one) || other.savedAt.localeCompare(one.savedAt),
  );
  return best;
}

function wayBack(checkpoint: Restorable | undefined, undone: readonly Step[], before: number): string[] {
  if (checkpoint === undefined) {
    return undone.length === 0
      ? []
      : [`${count(undone.length, 'step')} to be taken back, the last one first`];
  }
  const passed = Object.keys(checkpoint.steps).length;
  return [
    `checkpoint ${checkpoint.name} is the nearest: ${passed} of the ${count(before, 'step')} before it`,
  ];
}

function staying(undone: readonly Step[], records: StepRecords): string[] {
  const ids = undone.filter((step) => leavesTraces(step, records)).map((step) => step.id);
  if (ids.length === 0) return [];
  return [`no undo in ${ids.join(', ')}: what was done there stays on the machines`];
}

function leavesTraces(step: Step, records: StepRecords): boolean {
  return records[step.id]?.status !== 'skipped' && step.run.length > 0 && step.undo === undefined;
}

function undoTask(step: Step, records: StepRecords): Task {
  const task = { kind: 'undo-step', id: `undo-${step.id}`, step } as const;
  if (records[step.id]?.status === 'skipped')
    return { ...task, title: `Forget step ${step.id}, which was skipped`, actions: [] };
  if (leavesTraces(step, records))
    return { ...task, title: `Step ${step.id} has no undo: what it did stays`, actions: [] };
  if (step.undo === undefined)
    return { ...task, title: `Forget step ${step.id}, which only observed`, actions: [] };
  return { ...task, title: `Undo step ${step.id}: ${step.title}`, actions: step.undo };
}

/** Of the steps that will have passed: those that are said to hold from then on, and the last one. */
function toCheck(
  before: readonly Step[],
  missing: readonly Step[],
  held: StepRecords,
  machines: readonly Machine[],
): Step[] {
  const nodes = (role = machines[0]?.role): number => machines.filter((one) => one.role === role).length;
  const isSkipped = ({ minNodes, scope }: Step): boolean =>
    minNodes !== undefined && nodes(scope?.role) < minNodes.count;
  const passed = before.filter((step) =>
    missing.includes(step) ? !isSkipped(step) : held[step.id]?.status === 'passed',
  );
  return passed.filter((step) => step.lasting || step === passed.at(-1));
}

function checkTask(step: Step): Task {
  return { kind: 'check-step', id: `check-${step.id}`, title: `Check step ${step.id}: ${step.title}`, step };
}

function restoreTask({ name }: Restorable): Task {
  return { kind: 'restore-checkpoint', id: 'restore-checkpoint', title: `Restore checkpoint ${name}`, name };
}
