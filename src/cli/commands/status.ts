import { noSubnet } from '../../model/cidr.ts';
import type { LabState } from '../../model/lab-state.ts';
import type { MachineObservation } from '../../model/machine.ts';
import type { Provider } from '../../providers/provider.ts';
import { observeMachines, silenceProblems } from '../../state/observe-machines.ts';
import { listLabs } from '../../state/state-file.ts';
import { projectDir } from '../../state/lab-home.ts';
import { Vagrant } from '../../vagrant/vagrant.ts';
import { chooseProvider } from '../choose-provider.ts';
import type { CommandInput } from '../command-input.ts';
import { labName, openStates } from '../open-lab.ts';
import { formatColumns, print, printJson } from '../print.ts';
import { createTools, type Tools } from '../tools.ts';

interface LabStatus {
  lab: string;
  scenario: string;
  provider: string;
  edition?: string;
  subnet: string;
  discoveryUrl?: string;
  machines: {
    name: string;
    role: string;
    address: string;
    state: MachineObservation['state'];
    detail?: string;
    id?: string;
  }[];
  steps: LabState['steps'];
}

/** `lab status`: what the machines of the labs are doing, from Vagrant's own files and one question to the provider. */
export async function status(
  name: string | undefined,
  options: { json?: true },
  input: CommandInput,
): Promise<void> {
  const tools = createTools();
  const labs = name === undefined ? await listLabs(tools.home) : [await labName(name, tools)];
  const { states, errors } = await openStates(labs, tools);
  const all = await Promise.all(states.map((state) => statusOf(state, tools, input.signal)));
  if (options.json) printJson(all);
  else if (all.length === 0 && errors.length === 0)
    print('No labs. `lab list` shows the scenarios, `lab up SCENARIO` brings one up.');
  else if (all.length > 0) print(all.map(describe).join('\n\n'));
  // A lab that cannot be read must not hide the others.
  if (errors.length > 0) throw errors[0];
}

async function statusOf(state: LabState, tools: Tools, signal: AbortSignal): Promise<LabStatus> {
  const { provider } = chooseProvider('auto', state.provider, tools);
  const seen = await observeOrAsk(state, provider, tools, signal);
  const observations = new Map(seen.map((observation) => [observation.name, observation]));
  return {
    lab: state.lab,
    scenario: state.scenario,
    provider: state.provider,
    ...(state.edition === undefined ? {} : { edition: state.edition }),
    subnet: state.subnet,
    ...(state.generation === undefined ? {} : { discoveryUrl: state.generation.discoveryUrl }),
    machines: state.machines.map(({ name, role, address }) => ({
      role,
      address,
      state: 'unknown' as const,
      ...observations.get(name),
      name,
    })),
    steps: state.steps,
  };
}

/** Where the provider does not say, Vagrant is asked, which takes two seconds. */
async function observeOrAsk(
  state: LabState,
  provider: Provider,
  { home, exec }: Tools,
  signal: AbortSignal,
): Promise<MachineObservation[]> {
  const folder = (project: string): string => projectDir(home, state.lab, project);
  const seen = await observeMachines(state.machines, provider, folder, signal);
  if (silenceProblems(seen, provider.name).length === 0) return seen;
  const vagrant = new Vagrant({ exec, provider: provider.name, together: provider.bootsTogether });
  const projects = [...new Set(state.machines.map((machine) => machine.project))];
  const told = await Promise.all(projects.map((project) => vagrant.status(folder(project), signal)));
  const known = new Map(told.flatMap((machines) => machines ?? []).map((one) => [one.name, one]));
  return seen.map((one) => known.get(one.name) ?? one);
}

function describe(lab: LabStatus): string {
  const rows = lab.machines.map(({ name, role, address, state, detail }) => [
    name,
    role,
    address,
    detail === undefined ? state : `${state} (${detail})`,
  ]);
  const records = Object.values(lab.steps);
  const passed = records.filter((record) => record.status === 'passed').length;
  const failed = Object.entries(lab.steps).filter(([, record]) => record.status === 'failed');
  const played = failed.map(([id]) => `, ${id} failed`).join('');
  const edition = lab.edition === undefined ? '' : `, edition ${lab.edition}`;
  return [
    `${lab.lab} (provider ${lab.provider}${edition}, ${lab.subnet === noSubnet ? 'no private network' : `subnet ${lab.subnet}`})`,
    formatColumns([['MACHINE', 'ROLE', 'ADDRESS', 'STATE'], ...rows]),
    `steps: ${passed} passed${played}`,
  ].join('\n');
}
