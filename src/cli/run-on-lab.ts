import type { Plan } from '../model/plan.ts';
import type { Provider } from '../providers/provider.ts';
import type { Handlers } from '../run/runner.ts';
import { chooseProvider } from './choose-provider.ts';
import { holdLab } from './hold-lab.ts';
import type { CommandInput } from './command-input.ts';
import { labName, openLab, type OpenLab } from './open-lab.ts';
import type { ReportFlags } from './report-flags.ts';
import { networkNameOf, runSession } from './run-session.ts';
import { createTools, type Tools } from './tools.ts';

/** A lab that is there, with what drives its machines. */
export interface PresentLab extends OpenLab {
  provider: Provider;
  tools: Tools;
}

/** Takes the lock of a lab that is there, makes a plan for it and runs it. */
export async function runOnLab(
  name: string | undefined,
  command: string,
  flags: ReportFlags & { yes?: boolean },
  input: CommandInput,
  makePlan: (lab: PresentLab) => Promise<Plan> | Plan,
  overrides: Partial<Handlers> = {},
): Promise<void> {
  const tools = createTools();
  const lab = await labName(name, tools);
  await holdLab(lab, command, tools, async () => {
    const { state, loaded } = await openLab(lab, tools);
    const { provider } = chooseProvider('auto', state.provider, tools);
    // Which way ports are reached is known once the provider was asked.
    await provider.facts(input.signal);
    const plan = await makePlan({ state, loaded, provider, tools });
    const code = await runSession({
      plan,
      state,
      scenario: loaded.scenario,
      scenarioFile: loaded.file,
      networkName: networkNameOf(lab),
      provider,
      flags,
      signal: input.signal,
      tools,
      overrides,
    });
    input.setExitCode(code);
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
    parameters: state.parameters,
    machines: state.machines,
    reasons: [],
    warnings: [],
  };
}
