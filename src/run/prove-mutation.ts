import type { CheckResult } from '../model/event.ts';
import type { Check, Step } from '../model/scenario.ts';
import { claimFails, claimPasses, withinMsOf, type StepProof } from './prove-claims.ts';
import { runAction } from './run-action.ts';
import { targetMachines } from './target-machines.ts';

type Mutation = NonNullable<Check['mutation']>;

/**
 * Breaks what a check guards, claims that this check fails and the step's others pass all the same, mends it, and
 * claims that all of them pass again. True: the lab is as it was before.
 */
export async function proveMutation(
  check: Check,
  mutation: Mutation,
  { checks }: Step,
  proof: StepProof,
): Promise<boolean> {
  const broken = `broken (${inTitle(mutation.command, mutation, proof)})`;
  const mended = `mended (${inTitle(mutation.undo, mutation, proof)})`;
  const damage = await carryOut(mutation.command, mutation, proof);
  if (damage === undefined) {
    const hint =
      'The mutation does not break what the check guards, or the check asks for less than its title says. Run the command on the machine by hand and look.';
    await claimFails({ when: broken, hint, withinMs: withinMsOf(check) }, check, proof);
    for (const other of checks) {
      if (other !== check) await claimPasses(`${broken}, and still`, other, proof);
    }
  }
  const repair = await carryOut(mutation.undo, mutation, proof);
  // A command that failed may have done half of its work, or none that could be undone.
  const failure = damage ?? repair;
  if (failure !== undefined) {
    const title = `${damage === undefined ? mended : broken}: the command ends well`;
    proof.report.check({ ...failure, title });
  }
  let isMended = true;
  for (const each of checks) isMended = (await claimPasses(mended, each, proof)) && isMended;
  return isMended;
}

/** Runs one of a mutation's commands. What went wrong comes back as a failed check. */
function carryOut(
  command: string,
  { on }: Mutation,
  { context, values, report }: StepProof,
): Promise<CheckResult | undefined> {
  return runAction({ on, command }, context, values, report);
}

const maxColumns = 60;

/** The first line of a command, as much of it as a title can hold. */
function inTitle(command: string, { on }: Mutation, { values }: StepProof): string {
  const target = targetMachines(on, values.machines, values.render);
  const machine = target === 'host' ? undefined : target[0];
  const [first = '', ...rest] = values.render(command, { machine }).trim().split('\n');
  if (first.length > maxColumns) return `${first.slice(0, maxColumns)}…`;
  return rest.length > 0 ? `${first} …` : first;
}
