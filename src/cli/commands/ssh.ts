import { didYouMean } from '../../load/did-you-mean.ts';
import { CommandError, UsageError } from '../../model/errors.ts';
import type { LabState } from '../../model/lab-state.ts';
import { machineUser } from '../../model/machine.ts';
import { sshArguments, sshFiles } from '../../host/ssh-config.ts';
import { sshKeyPaths } from '../../host/ssh-key.ts';
import { labPaths, projectDir } from '../../state/lab-home.ts';
import { listLabs } from '../../state/state-file.ts';
import { chooseProvider } from '../choose-provider.ts';
import type { CommandInput } from '../command-input.ts';
import { assertReady } from '../assert-ready.ts';
import { openState, openStates } from '../open-lab.ts';
import { printError } from '../print.ts';
import { createTools, type Tools } from '../tools.ts';

/** `lab ssh MACHINE [COMMAND...]`: the OpenSSH client with the lab's key and pinned host keys; exits as the command does. */
export async function ssh(
  machineName: string,
  words: readonly string[],
  options: { lab?: string },
  input: CommandInput,
): Promise<void> {
  const tools = createTools();
  const state = await labOf(machineName, options.lab, tools);
  const machine = state.machines.find((candidate) => candidate.name === machineName);
  if (machine === undefined) throw unknownMachine(machineName, state);
  const { provider } = chooseProvider('auto', state.provider, tools);
  // Which way ports are reached is known once the provider was asked.
  const { problems } = await provider.facts(input.signal);
  assertReady(problems);
  const folder = projectDir(tools.home, state.lab, machine.project);
  const endpoint = await provider.endpoint(folder, machine, 22, input.signal);
  const paths = labPaths(tools.home, state.lab);
  const host = { name: machine.name, aliases: [], endpoint, user: machineUser };
  const args = sshArguments(host, {
    privateKeyPath: sshKeyPaths(paths.dir).privateKeyPath,
    knownHostsPath: sshFiles(paths.dir).knownHosts,
  });
  const agent = state.agent === undefined ? {} : { SSH_AUTH_SOCK: state.agent.socket };
  const result = await tools.exec('ssh', [...args, ...words], {
    interactive: true,
    env: agent,
    signal: input.signal,
  });
  input.setExitCode(result.exitCode ?? sshFailed);
  // ssh has said why, in its own words; what to do it does not know.
  if (result.exitCode === sshFailed) printError(endedWithout(machine.name));
}

/** ssh(1): "exits with the exit status of the remote command or with 255 if an error occurred". */
const sshFailed = 255;

function endedWithout(machine: string): CommandError {
  return new CommandError(
    'LAB_SSH_FAILED',
    `ssh to ${machine} ended with ${sshFailed}: no connection, a connection that was lost, or a command that ended so itself.`,
    {
      machine,
      hint: `\`lab status\` shows whether ${machine} runs. What was at work there may still be. If the host key has changed because you made the machine again yourself: \`lab destroy\` and \`lab up\`.`,
    },
  );
}

/** The lab that has a machine of that name; the named one where several do. */
async function labOf(machine: string, name: string | undefined, tools: Tools): Promise<LabState> {
  if (name !== undefined) return openState(name, tools);
  const { states } = await openStates(await listLabs(tools.home), tools);
  const having = states.filter((state) => state.machines.some((candidate) => candidate.name === machine));
  const [only, ...others] = having.length > 0 ? having : states;
  if (only === undefined)
    throw new UsageError('LAB_NOT_UP', 'There is no lab.', { hint: 'Run `lab up coreos`.' });
  if (having.length > 0 && others.length > 0) {
    throw new UsageError('LAB_USAGE', `Several labs have a machine ${machine}.`, {
      hint: `Add --lab NAME, one of: ${having.map((state) => state.lab).join(', ')}.`,
    });
  }
  return only;
}

function unknownMachine(name: string, state: LabState): UsageError {
  const names = state.machines.map((machine) => machine.name);
  const suggestion = didYouMean(name, names);
  return new UsageError('LAB_MACHINE_UNKNOWN', `Lab ${state.lab} has no machine "${name}".`, {
    hint: suggestion === undefined ? `The machines are: ${names.join(', ')}.` : `Did you mean ${suggestion}?`,
  });
}
