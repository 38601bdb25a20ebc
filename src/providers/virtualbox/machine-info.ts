import type { VBoxManage } from './vbox-manage.ts';

/** A port of a machine that VirtualBox's NAT forwards from this host. */
export interface ForwardedPort {
  hostAddress: string;
  hostPort: number;
  guestPort: number;
}

export interface MachineInfo {
  /** VirtualBox's word: `running`, `poweroff`, `saved`, `aborted`, `paused`, `gurumeditation`, ...; `inaccessible`. */
  state: string;
  forwardedPorts: ForwardedPort[];
}

/**
 * What VirtualBox knows of one machine: `absent` where it has none of that id, undefined where it does not say. About
 * 60 ms, however many other machines there are.
 */
export async function readMachineInfo(
  vboxManage: VBoxManage,
  id: string,
  signal?: AbortSignal,
): Promise<MachineInfo | 'absent' | undefined> {
  const result = await vboxManage.run(['showvminfo', id, '--machinereadable'], { signal });
  if (result.stderr.includes('VBOX_E_OBJECT_NOT_FOUND')) return 'absent';
  return result.exitCode === 0 ? parseMachineInfo(result.stdout) : undefined;
}

/** From `VBoxManage showvminfo ID --machinereadable`: lines of `key="value"`. */
export function parseMachineInfo(text: string): MachineInfo {
  return {
    state: /^VMState="(.*)"$/m.exec(text)?.[1] ?? 'inaccessible',
    // Name, protocol, host address, host port, guest address, guest port.
    forwardedPorts: [...text.matchAll(/^Forwarding\(\d+\)="[^,]*,tcp,([^,]*),(\d+),[^,]*,(\d+)"$/gm)].map(
      ([, hostAddress = '', hostPort, guestPort]) => ({
        hostAddress: hostAddress === '' ? '127.0.0.1' : hostAddress,
        hostPort: Number(hostPort),
        guestPort: Number(guestPort),
      }),
    ),
  };
}
