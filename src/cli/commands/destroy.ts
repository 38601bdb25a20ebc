import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Journal, type OpenChange } from '../../host/journal.ts';
import type { HostChange } from '../../host/journal-entry.ts';
import type { LabState } from '../../model/lab-state.ts';
import type { Plan } from '../../model/plan.ts';
import type { Scenario } from '../../model/scenario.ts';
import { destroyTasks } from '../../plan/plan-destroy.ts';
import { labPaths } from '../../state/lab-home.ts';
import { otherOwner } from '../../state/lab-life.ts';
import { isDiskFull } from '../../state/state-error.ts';
import { loadState } from '../../state/state-file.ts';
import { assumedChanges } from '../assumed-changes.ts';
import { chooseProvider } from '../choose-provider.ts';
import type { CommandInput } from '../command-input.ts';
import { confirm } from '../confirm.ts';
import { holdLab } from '../hold-lab.ts';
import { labName } from '../open-lab.ts';
import { print } from '../print.ts';
import type { ReportFlags } from '../report-flags.ts';
import { networkOf, runSession } from '../run-session.ts';
import { createTools, type Tools } from '../tools.ts';

interface DestroyOptions extends ReportFlags {
  yes?: boolean;
  force?: true;
}

/**
 * `lab destroy`: undoes what the lab's journal says, newest first. Works from the journal alone: the scenario may be
 * edited or gone, Vagrant's folder missing, machines removed by hand.
 */
export async function destroy(
  name: string | undefined,
  options: DestroyOptions,
  input: CommandInput,
): Promise<void> {
  const tools = createTools();
  const lab = await labName(name, tools);
  if (
    !(await confirm(
      `Remove lab ${lab} with its machines and all that is on them?`,
      options.yes === true,
      input.signal,
    ))
  ) {
    print('Nothing was removed.');
    return;
  }
  await holdForRemoval(lab, tools, async () => {
    const state = await stateOrEmpty(lab, options, tools);
    const paths = labPaths(tools.home, lab);
    const changes = await openChanges(new Journal(paths.journal, tools.clock), state, options, tools);
    const { provider } = chooseProvider('auto', state.provider, tools);
    const plan: Plan = {
      command: 'destroy',
      lab,
      scenario: state.scenario,
      title: `Remove lab ${lab}`,
      provider: state.provider,
      subnet: state.subnet,
      parameters: {},
      machines: state.machines,
      reasons: [],
      warnings: [],
      tasks: destroyTasks(changes.map(({ id, change }) => ({ id, title: undoTitle(change) }))),
    };
    input.atWorkOn(lab);
    const code = await runSession({
      plan,
      state,
      scenario: noScenario,
      scenarioFile: '',
      networkName: networkOf(state),
      provider,
      flags: options,
      signal: input.signal,
      tools,
    });
    // The log of this very run was in the lab's folder and may have brought it back.
    if (code === 0) await rm(paths.dir, { recursive: true, force: true });
    input.setExitCode(code);
  });
}

/**
 * Who removes a lab may do so for want of room: where there is none for the lock, the lab's logs make it. They would go
 * with the lab, and undoing reads none of them.
 */
async function holdForRemoval(lab: string, tools: Tools, work: () => Promise<void>): Promise<void> {
  const { logs } = labPaths(tools.home, lab);
  try {
    await holdLab(lab, 'destroy', tools, work);
  } catch (error) {
    if (!isDiskFull(error) || !existsSync(logs) || otherOwner(tools.home, lab) !== undefined) throw error;
    await rm(logs, { recursive: true });
    await holdLab(lab, 'destroy', tools, work);
  }
}

/** With --force a journal that cannot be read is set aside, and all that the lab may have changed is undone. */
async function openChanges(
  journal: Journal,
  state: LabState,
  { force }: DestroyOptions,
  { home }: Tools,
): Promise<OpenChange[]> {
  try {
    return await journal.open();
  } catch (error) {
    if (!force) throw error;
    const path = labPaths(home, state.lab).journal;
    await rename(path, `${path}.damaged`);
    for (const change of assumedChanges(state, home)) await journal.append(change);
    return journal.open();
  }
}

/** Destroying asks nothing of the scenario. */
const noScenario: Scenario = {
  name: 'none',
  title: '',
  chapter: '',
  description: '',
  subnet: '',
  privateNetwork: true,
  providers: {},
  parameters: {},
  install: [],
  editions: {},
  machines: [],
  artifacts: {},
  steps: [],
};

async function stateOrEmpty(lab: string, { force }: DestroyOptions, { home }: Tools): Promise<LabState> {
  const empty: LabState = {
    version: 1,
    lab,
    scenario: lab,
    provider: 'docker',
    parameters: {},
    with: [],
    subnet: '',
    machines: [],
    hostKeys: {},
    steps: {},
  };
  try {
    return (await loadState(labPaths(home, lab).state)) ?? empty;
  } catch (error) {
    if (force) return empty;
    throw error;
  }
}

function undoTitle(change: HostChange): string {
  switch (change.kind) {
    case 'hosts-block':
      return `Take the lab's names out of ${change.file}`;
    case 'ssh-include':
      return `Take the lab's ssh config out of ${change.file}`;
    case 'ssh-agent':
      return "Stop the lab's ssh agent";
    case 'agent-key':
      return "Take the lab's key out of your ssh agent";
    case 'network':
      return `Remove the network ${change.name}`;
    case 'machines':
      return `Remove ${change.machines.join(', ') || `the machines of ${change.project}`} (vagrant destroy)`;
  }
}
