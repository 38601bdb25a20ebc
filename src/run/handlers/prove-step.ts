import type { CheckResult } from '../../model/event.ts';
import type { Step } from '../../model/scenario.ts';
import { loadOutputs } from '../outputs-file.ts';
import { driftOf } from '../output-drift.ts';
import { claimFails, claimPasses, type StepProof } from '../prove-claims.ts';
import { proveMutation } from '../prove-mutation.ts';
import type { StepOutputs } from '../recorded-output.ts';
import { runAction } from '../run-action.ts';
import type { RunContext, TaskOutcome } from '../run-context.ts';
import type { Handler, TaskReport } from '../runner.ts';
import { stepContext } from '../step-context.ts';
import { carryOut, obstacleTo, recorded, type Obstacle } from './play-step.ts';

/** What `lab prove` is asked for. */
export interface ProofOptions {
  /** Break what each check guards, where the scenario says how. */
  mutations: boolean;
  /** What each step must print; undefined where there is no recording, or one of another setting. */
  recording: StepOutputs | undefined;
}

/**
 * Plays a step and proves what its scenario claims of it: that its checks fail before it, pass after it, pass when it is
 * played twice (where it says so), and that each fails when what it guards is broken (where it says how).
 */
export function proveStep(options: ProofOptions): Handler<'step'> {
  return async ({ step }, context, report) => {
    const obstacle = await obstacleTo(step, context, report);
    if (obstacle !== undefined) return notJudged(step, obstacle, context);
    const tally = new Tally(report);
    const proof: StepProof = { context, values: stepContext(context, step.scope), report: tally };
    await failBefore(step, proof);
    const played = await carryOut(step, context, tally);
    if (played.status !== 'passed') return played;
    await printsWhatIsRecorded(step, options, proof);
    const isWhole =
      (await passAgain(step, proof)) && (!options.mutations || (await proveMutations(step, proof)));
    // Steps that need this one are judged where it passed and what the proof did to it was mended.
    if (!isWhole) await recorded(step, 'failed', { status: 'failed' }, context);
    return tally.outcome();
  };
}

/** Counts claims on their way to the report. */
class Tally implements TaskReport {
  readonly #report: TaskReport;
  #claims = 0;
  #failed = 0;

  constructor(report: TaskReport) {
    this.#report = report;
  }

  progress(message: string, machine?: string): void {
    this.#report.progress(message, machine);
  }

  check(result: CheckResult): void {
    this.#claims += 1;
    if (result.status === 'failed') this.#failed += 1;
    this.#report.check(result);
  }

  outcome(): TaskOutcome {
    if (this.#failed === 0) return { status: 'passed', message: `${this.#claims} claims hold` };
    return { status: 'failed', message: `${this.#failed} of ${this.#claims} claims do not hold` };
  }
}

/** What stands on a step that did not pass is not judged: it is neither proved nor disproved. */
async function notJudged(
  step: Step,
  { status, message, need }: Obstacle,
  context: RunContext,
): Promise<TaskOutcome> {
  if (status === 'blocked') return { status, message };
  // A need that this lab is too small for will never pass: that is the scenario's mistake, as it is in `lab play`.
  if (need === undefined || context.state().steps[need]?.status === 'skipped')
    return recorded(step, status, { status, message }, context);
  return { status: 'skipped', message: `not judged: it needs the step ${need}, which did not pass` };
}

/** A check that passes before the step proves nothing of it. A step that does nothing only observes. */
async function failBefore({ run, checks }: Step, proof: StepProof): Promise<void> {
  if (run.length === 0) return;
  const hint =
    'It proves nothing: let it ask for what the step brings about, or say `holdsBefore: true` where it guards what holds all along.';
  for (const check of checks) {
    if (check.holdsBefore !== true) await claimFails({ when: 'before', hint, withinMs: 0 }, check, proof);
  }
}

/** Holds what the step printed when it was played against the recording. */
async function printsWhatIsRecorded(
  step: Step,
  { recording }: ProofOptions,
  { context, report }: StepProof,
): Promise<void> {
  if (recording === undefined) return;
  const printed = await loadOutputs(context.paths.lab);
  if (printed === undefined) return;
  for (const result of driftOf(step, printed, recording)) report.check(result);
}

/** Plays the step once more, where the scenario says that this works. True: its checks pass then. */
async function passAgain({ idempotent, run, checks }: Step, proof: StepProof): Promise<boolean> {
  if (idempotent !== true) return true;
  const { context, values, report } = proof;
  for (const action of run) {
    const failure = await runAction(action, context, values, report);
    if (failure === undefined) continue;
    report.check({ ...failure, title: `again: ${failure.title}` });
    break;
  }
  let passed = true;
  for (const check of checks) passed = (await claimPasses('again', check, proof)) && passed;
  return passed;
}

/** Ends at the first mutation that cannot be mended: all that comes after it would be judged on a broken step. */
async function proveMutations(step: Step, proof: StepProof): Promise<boolean> {
  for (const check of step.checks) {
    if (check.mutation === undefined) continue;
    if (!(await proveMutation(check, check.mutation, step, proof))) return false;
  }
  return true;
}
