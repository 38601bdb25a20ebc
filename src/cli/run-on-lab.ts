import { UsageError } from '../model/errors.ts';
import type { MachineObservation } from '../model/machine.ts';
import type { Plan } from '../model/plan.ts';
import { maskAll } from '../run/mask-secrets.ts';
import type { Handlers } from '../run/runner.ts';
import { projectDir } from '../state/lab-home.ts';
import { observeMachines, silenceProblems } from '../state/observe-machines.ts';
import { assertReady } from './assert-ready.ts';
import { assertTrusted } from './assert-trusted.ts';
import { assertWhole } from './assert-whole.ts';
import { chooseProvider } from './choose-provider.ts';
import { holdLab } from './hold-lab.ts';
import type { CommandInput } from './command-input.ts';
import { labName, openLab, type OpenLab } from './open-lab.ts';
import { assertReporters } from '../report/create-reporters.ts';
import { reporterSpecs, type ReportFlags } from './report-flags.ts';
import { networkOf, runSession } from './run-session.ts';
import { createTools } from './tools.ts';

/** A lab that is there, with what drives its machines. */
export interface PresentLab extends OpenLab {
  /** What its machines are doing now. */
  observed: () => Promise<MachineObservation[]>;
}

/**
 * Takes the lock of a lab that is there, makes a plan for it and runs it. Throws LAB_NOT_UP where there is none, and
 * what the provider finds wrong: without it nothing can be said of the machines.
 */
export async function runOnLab(
  name: string | undefined,
  command: string,
  flags: ReportFlags & { yes?: boolean },
  input: CommandInput,
  makePlan: (lab: PresentLab) => Promise<Plan> | Plan,
  overrides: Partial<Handlers> = {},
): Promise<void> {
  await assertReporters(reporterSpecs(flags));
  const tools = createTools();
  const lab = await labName(name, tools);
  await holdLab(lab, command, tools, async () => {
    const { state, loaded } = await openLab(lab, tools);
    assertTrusted(loaded, state);
    const { provider } = chooseProvider('auto', state.provider, tools);
    // Which way ports are reached is known once the provider was asked.
    const { problems } = await provider.facts(input.signal);
    assertReady(problems);
    const folder = (project: string): string => projectDir(tools.home, lab, project);
    const observed = async (): Promise<MachineObservation[]> => {
      const seen = await observeMachines(state.machines, provider, folder, input.signal);
      assertReady(silenceProblems(seen, provider.name));
      return seen;
    };
    const plan = await makePlan({ state, loaded, observed });
    input.atWorkOn(lab);
    const code = await runSession({
      plan,
      state,
      scenario: loaded.scenario,
      scenarioFile: loaded.file,
      networkName: networkOf(state),
      provider,
      flags,
      signal: input.signal,
      tools,
      overrides,
    });
    input.setExitCode(code);
  });
}

/**
 * Steps and checks need machines: without one that runs each would wait for its deadline. One that was stopped is the
 * business of the steps themselves, which may have stopped it. Throws LAB_NOT_UP and LAB_CHECKPOINT_INCOMPLETE.
 */
export async function assertUp({ state, observed }: PresentLab): Promise<void> {
  assertWhole(state);
  if ((await observed()).some((machine) => machine.state === 'running')) return;
  throw new UsageError('LAB_NOT_UP', `No machine of lab ${state.lab} is running.`, {
    hint: `\`lab up ${state.scenario}\` starts them. With --no-play it plays no step.`,
  });
}

/** What every plan on a lab that is there says of it. */
export function planOn(
  { state, loaded }: Pick<PresentLab, 'state' | 'loaded'>,
  command: string,
): Omit<Plan, 'tasks'> {
  return {
    command,
    lab: state.lab,
    scenario: loaded.scenario.name,
    title: loaded.scenario.title,
    provider: state.provider,
    ...(state.edition === undefined ? {} : { edition: state.edition }),
    subnet: state.subnet,
    parameters: maskAll(state.parameters),
    machines: state.machines,
    reasons: [],
    warnings: [],
  };
}
