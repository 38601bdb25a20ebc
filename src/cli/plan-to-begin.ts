import type { LoadedScenario } from '../load/load-scenario.ts';
import { askForTrust } from './assert-trusted.ts';
import { assertCanAsk, planLab, type LabOptions, type LabPlan } from './plan-lab.ts';
import { reserveSubnet } from './reserve-subnet.ts';
import type { Tools } from './tools.ts';

/**
 * A plan that brings a lab up, agreed to, with an address range that is this lab's alone. The lab's lock is held. Throws
 * what `planLab` does, LAB_CONFIRMATION_NEEDED and LAB_SCENARIO_UNTRUSTED.
 */
export async function planToBegin(
  loaded: LoadedScenario,
  options: LabOptions,
  given: Record<string, string>,
  tools: Tools,
  signal: AbortSignal,
): Promise<LabPlan> {
  const plan = (): Promise<LabPlan> => planLab(loaded, options, given, tools, signal);
  let planned = await plan();
  if (planned.asksForSudo) assertCanAsk(options);
  if (planned.untrusted !== undefined) {
    await askForTrust(planned.untrusted, loaded, options.trust === true, signal);
  }
  while (!(await reserveSubnet(planned.session.state, tools, signal))) planned = await plan();
  return planned;
}
