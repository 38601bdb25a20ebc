import { count } from '../model/count.ts';
import type { HostFacts, HostPiece } from '../model/facts.ts';
import type { Machine } from '../model/machine.ts';
import type { Task } from '../model/plan.ts';

/** What `lab up` may do to this host, outside the lab's folder. */
export interface HostWishes {
  machines: readonly Machine[];
  /** Undefined: leave it alone. */
  hostsFile: string | undefined;
  /** Undefined: leave it alone. */
  sshConfigFile: string | undefined;
  loadKey: boolean;
}

/** Names, keys and ssh config of the machines, as far as they are not in place. */
export function hostTasks(wishes: HostWishes, host: HostFacts): Task[] {
  return [
    ...hostsTasks(wishes, host),
    // Before the ssh config, which names the agent.
    ...keyTasks(wishes, host),
    ...sshConfigTasks(wishes, host),
  ];
}

function isMissing(piece: HostPiece): boolean {
  return piece === 'absent' || piece === 'stale';
}

function hostsTasks({ hostsFile: file, machines }: HostWishes, { hosts, hostsNeedSudo }: HostFacts): Task[] {
  if (file === undefined || !isMissing(hosts)) return [];
  const entries = machines.map(({ address, name, aliases }) => ({ address, names: [name, ...aliases] }));
  const how = hostsNeedSudo ? ' (with sudo, after asking)' : '';
  const title = `Write ${count(entries.length, 'name')} to ${file}${how}`;
  return [{ kind: 'write-hosts', id: 'write-hosts', title, file, entries }];
}

function keyTasks({ loadKey }: HostWishes, { agentAlive }: HostFacts): Task[] {
  if (!loadKey || agentAlive) return [];
  return [{ kind: 'load-key', id: 'load-key', title: "Load the lab's key into an ssh agent" }];
}

function sshConfigTasks({ sshConfigFile: file, machines }: HostWishes, { sshConfig }: HostFacts): Task[] {
  if (file === undefined || !isMissing(sshConfig)) return [];
  const title = `Make \`ssh ${machines[0]?.name ?? ''}\` work (${file})`;
  return [{ kind: 'write-ssh-config', id: 'write-ssh-config', title, file }];
}
