import {
  addAgentKey,
  agentSocketPath,
  findRunningAgent,
  startAgent,
  type SshAgent,
} from '../../host/ssh-agent.ts';
import { ensureSshKey } from '../../host/ssh-key.ts';
import { recordChange } from '../record-change.ts';
import type { RunContext } from '../run-context.ts';
import type { Handler } from '../runner.ts';

/** Loads the lab's key into the agent that is running, or into one of the lab's own. */
export const loadKey: Handler<'load-key'> = async (_task, context) => {
  const { exec, journal, paths, signal } = context;
  const key = await ensureSshKey({ exec, labDir: paths.lab, lab: context.state().lab, signal });
  const agent = (await findRunningAgent(process.env)) ?? (await ownAgent(context));
  if (agent.own) await addAgentKey(exec, agent.socket, key, signal);
  else {
    const change = { kind: 'agent-key', socket: agent.socket, publicKeyPath: key.publicKeyPath } as const;
    await recordChange(journal, change, () => addAgentKey(exec, agent.socket, key, signal));
  }
  await context.updateState((state) => ({ ...state, agent }));
  return { status: 'changed', message: agent.own ? 'an agent of the lab (see lab env)' : 'your ssh agent' };
};

function ownAgent({ exec, journal, paths, signal }: RunContext): Promise<SshAgent> {
  const socket = agentSocketPath(paths.lab);
  return recordChange(journal, { kind: 'ssh-agent', socket }, () => startAgent(exec, socket, signal));
}
