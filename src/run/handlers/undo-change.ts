import { readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../../model/errors.ts';
import type { HostChange } from '../../host/journal-entry.ts';
import type { OpenChange } from '../../host/journal.ts';
import { listAgentIdentities } from '../../host/agent-protocol.ts';
import { journaledLines } from '../../host/own-lines.ts';
import { removeAgentKey, stopAgent } from '../../host/ssh-agent.ts';
import { removeSshFiles } from '../../host/ssh-config.ts';
import { foreignLinesText } from '../foreign-text.ts';
import { labHostsFile, labSshInclude } from '../host-set-up.ts';
import type { RunContext } from '../run-context.ts';
import type { Handler } from '../runner.ts';

/** Undoes one entry of the journal. What is gone already counts as undone. */
export const undoChange: Handler<'undo-change'> = async (task, context) => {
  const entry = (await context.journal.open()).find((open) => open.id === task.entry);
  if (entry === undefined) return { status: 'unchanged' };
  const left: string[] = [];
  const status = await undo(entry, context, left);
  await context.journal.markUndone(entry.id);
  return { status, warnings: left };
};

/** `left`: gets what is somebody else's by now and was therefore left, in words. */
async function undo(
  { change, at }: OpenChange,
  context: RunContext,
  left: string[],
): Promise<'changed' | 'unchanged'> {
  const { exec, clock, provider, signal, hostSetUp, journal } = context;
  switch (change.kind) {
    case 'hosts-block': {
      const { file } = change;
      const ownLines = journaledLines(await journal.open(), file);
      return labHostsFile(file, hostSetUp, { ownLines, onForeign: leftIn(file, left) }).remove();
    }
    case 'ssh-include': {
      await removeSshFiles(context.paths.lab);
      const { file, createsFolder = false } = change;
      const include = labSshInclude(file, hostSetUp, { onForeign: leftIn(file, left) });
      return include.remove(hostSetUp.lab, { createsFolder });
    }
    case 'ssh-agent':
      return stopAgent(exec, clock, change.socket);
    case 'agent-key': {
      const { socket, publicKeyPath } = change;
      if (!existsSync(publicKeyPath)) {
        left.push(...(await unprovenKey(socket, publicKeyPath, hostSetUp.lab)));
        return 'unchanged';
      }
      const publicKey = (await readFile(publicKeyPath, 'utf8')).trim();
      return removeAgentKey(exec, socket, { publicKeyPath, publicKey }, signal);
    }
    case 'network': {
      const { lab, home } = hostSetUp;
      const removal = await provider.removeNetwork(change, { lab, home }, signal);
      if (removal.outcome === 'left') left.push(removal.why);
      return removal.outcome === 'removed' ? 'changed' : 'unchanged';
    }
    case 'machines':
      return destroyMachines(change, Date.parse(at), context);
  }
}

/** A key in the user's agent that is called like the lab's, where the file that would prove it is gone. */
async function unprovenKey(socket: string, publicKeyPath: string, lab: string): Promise<string[]> {
  const name = `lab ${lab}`;
  const identities = (await listAgentIdentities(socket)) ?? [];
  if (!identities.some(({ comment }) => comment === name)) return [];
  return [
    `The ssh agent at ${socket} has a key "${name}". Whether it is this lab's cannot be told, for ${publicKeyPath} is gone; lab has left it. \`lab leftovers\` shows it.`,
  ];
}

function leftIn(file: string, left: string[]): (lines: readonly string[]) => void {
  return (lines) => {
    left.push(...foreignLinesText({ file, lines, fate: 'left' }));
  };
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
