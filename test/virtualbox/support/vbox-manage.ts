import { output } from '../../e2e/support/machine-commands.ts';

const lockMs = 30_000;

/** What is asked of VirtualBox behind `lab`'s back. */
export interface ListedMachine {
  id: string;
  name: string;
  /** VirtualBox's word in machine-readable output: `running`, `poweroff`, `saved`, `aborted`, ... */
  state: string;
}

/** Standard output of a VBoxManage command that must work. Some take 10 s for no reason that can be seen. */
export function vboxManage(...args: string[]): Promise<string> {
  return output('VBoxManage', args);
}

/** All machines that VirtualBox knows, ordered by name. */
export async function listedMachines(): Promise<ListedMachine[]> {
  const lines = (await vboxManage('list', 'vms')).split('\n').sort();
  const named = lines.flatMap((line) => {
    const [, name, id] = /^"(.*)" \{(.*)\}$/.exec(line) ?? [];
    return name === undefined || id === undefined ? [] : [{ name, id }];
  });
  const listed = await Promise.all(
    named.map(async (machine) => {
      // One that is removed at this very moment is not there.
      const info = await vboxManage('showvminfo', machine.id, '--machinereadable').catch(() => undefined);
      return { ...machine, state: /^VMState="(.*)"$/m.exec(info ?? '')?.[1] ?? '' };
    }),
  );
  return listed.filter(({ state }) => state !== '');
}

/** Pulls the plug, and waits until VirtualBox has put the machine's process away: until then it is locked. */
export async function powerOff(id: string): Promise<void> {
  await vboxManage('controlvm', id, 'poweroff');
  const deadline = Date.now() + lockMs;
  while (await isLocked(id)) {
    if (Date.now() > deadline) throw new Error(`machine ${id} is still locked`);
  }
}

async function isLocked(id: string): Promise<boolean> {
  try {
    return /^SessionName=/m.test(await vboxManage('showvminfo', id, '--machinereadable'));
  } catch {
    return true; // Asked at the very moment of unlocking: "The object is not ready".
  }
}

/** Ports of this host that are forwarded to a machine. */
export async function forwardedPorts(id: string): Promise<number[]> {
  const info = await vboxManage('showvminfo', id, '--machinereadable');
  return [...info.matchAll(/^Forwarding\(\d+\)="[^,]*,tcp,[^,]*,(\d+),/gm)].map((rule) => Number(rule[1]));
}
