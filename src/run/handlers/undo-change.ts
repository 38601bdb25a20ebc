import { readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../../model/errors.ts';
import type { HostChange } from '../../host/journal-entry.ts';
import type { OpenChange } from '../../host/journal.ts';
import { removeAgentKey, stopAgent } from '../../host/ssh-agent.ts';
import { removeSshFiles } from '../../host/ssh-config.ts';
import { labHostsFile, labSshInclude } from '../host-set-up.ts';
import type { RunContext } from '../run-context.ts';
import type { Handler } from '../runner.ts';

/** Undoes one entry of the journal. What is gone already counts as undone. */
export const undoChange: Handler<'undo-change'> = async (task, context) => {
  const entry = (await context.journal.open()).find((open) => open.id === task.entry);
  if (entry === undefined) return { status: 'unchanged' };
  const outcome = await undo(entry, context);
  await context.journal.markUndone(entry.id);
  return { status: outcome };
};

async function undo({ change, at }: OpenChange, context: RunContext): Promise<'changed' | 'unchanged'> {
  const { exec, clock, provider, signal, hostSetUp } = context;
  switch (change.kind) {
    case 'hosts-block':
      return labHostsFile(change.file, hostSetUp).remove();
    case 'ssh-include': {
      await removeSshFiles(context.paths.lab);
      const { createsFolder = false } = change;
      return labSshInclude(change.file, hostSetUp).remove(hostSetUp.lab, { createsFolder });
    }
    case 'ssh-agent':
      return stopAgent(exec, clock, change.socket);
    case 'agent-key': {
      const { socket, publicKeyPath } = change;
      if (!existsSync(publicKeyPath)) return 'unchanged';
      const publicKey = (await readFile(publicKeyPath, 'utf8')).trim();
      return removeAgentKey(exec, socket, { publicKeyPath, publicKey }, signal);
    }
    case 'network':
      await provider.removeNetwork(change, signal);
      return 'changed';
    case 'machines':
      return destroyMachines(change, Date.parse(at), context);
  }
}

/** Without a Vagrant that can read the project the provider alone removes its machines. */
function unlessUnusable(error: unknown): void {
  const codes: string[] = ['LAB_VAGRANT_MISSING', 'LAB_VAGRANTFILE_FAILED'];
  if (!(error instanceof LabError && codes.includes(error.code))) throw error;
}

/** Through Vagrant where its folder is still there; then what it has lost track of, by the project's label. */
async function destroyMachines(
  change: Extract<HostChange, { kind: 'machines' }>,
  since: number,
  context: RunContext,
): Promise<'changed' | 'unchanged'> {
  const { driver, provider, signal } = context;
  for (const machine of change.machines) context.disconnect(machine);
  const hasVagrant =
    existsSync(join(change.projectDir, 'Vagrantfile')) && existsSync(join(change.projectDir, 'config.rb'));
  if (hasVagrant) await driver.destroy(change.projectDir, change.machines, signal).catch(unlessUnusable);
  const strays = [
    ...(await provider.removeStrays(change.projectDir, signal)),
    ...(await provider.removeAbandoned(since, signal)),
  ];
  await rm(join(change.projectDir, '.vagrant'), { recursive: true, force: true });
  return hasVagrant || strays.length > 0 ? 'changed' : 'unchanged';
}
