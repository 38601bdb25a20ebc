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
  const answer = await showMachine(vboxManage, id, signal);
  if (answer.absent) return 'absent';
  return answer.text === undefined ? undefined : parseMachineInfo(answer.text);
}

/**
 * Whether a process has the machine. One that is being let go of cannot even be described: VBoxManage then fails halfway
 * through. One that was removed meanwhile is in nobody's use.
 */
export async function isInUse(vboxManage: VBoxManage, id: string): Promise<boolean> {
  const { absent, text } = await showMachine(vboxManage, id);
  return !absent && (text === undefined || /^SessionName="."?/m.test(text));
}

/** `text` is undefined where VirtualBox describes no machine. */
async function showMachine(
  vboxManage: VBoxManage,
  id: string,
  signal?: AbortSignal,
): Promise<{ absent: boolean; text: string | undefined }> {
  const { exitCode, stdout, stderr } = await vboxManage.run(['showvminfo', id, '--machinereadable'], {
    signal,
  });
  return {
    absent: stderr.includes('VBOX_E_OBJECT_NOT_FOUND'),
    text: exitCode === 0 ? stdout : undefined,
  };
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
