import semver from 'semver';
import type { Exec } from '../../io/exec.ts';
import type { Problem } from '../../model/errors.ts';
import { isAtLeast } from './version-matrix.ts';
import type { VirtualBoxHost } from './virtualbox-host.ts';

const powerShellMs = 10_000;

/** What holds the processor's virtualization, which VirtualBox wants for itself. Asked only where it uses it. */
export async function readOtherHypervisor(
  host: VirtualBoxHost,
  exec: Exec,
  virtualBox: string,
  signal?: AbortSignal,
): Promise<Problem[]> {
  if (host.platform === 'win32') return readHyperV(exec, signal);
  if (host.platform !== 'linux') return [];
  const [modules, atLoad] = await Promise.all([
    host.readText('/proc/modules'),
    host.readText('/sys/module/kvm/parameters/enable_virt_at_load'),
  ]);
  const problem = kvmProblem({
    modules: modules ?? '',
    atLoad: atLoad?.trim(),
    kernelRelease: host.kernelRelease,
    virtualBox,
  });
  return problem === undefined ? [] : [problem];
}

export interface KvmState {
  /** The text of /proc/modules. */
  modules: string;
  /** kvm's parameter `enable_virt_at_load`, `Y` or `N`; kernels before 6.12 have none. */
  atLoad: string | undefined;
  kernelRelease: string;
  virtualBox: string;
}

/**
 * Before Linux 6.12 KVM holds the processor's virtualization while a KVM machine runs. Since 6.12 it does from the loading of
 * its module on, unless `kvm.enable_virt_at_load=0` (changelog of VirtualBox 7.1.4). With Linux 6.16 and VirtualBox
 * 7.2.2 both share it through KVM (VBoxDrv's SUPDrv-linux.c); VirtualBox's own machines then count as users of KVM.
 */
export function kvmProblem({ modules, atLoad, kernelRelease, virtualBox }: KvmState): Problem | undefined {
  const module = /^(kvm_intel|kvm_amd) \d+ (\d+) /m.exec(modules);
  const [, name, users] = module ?? [];
  if (name === undefined) return undefined;
  const shares = isKernelAtLeast(kernelRelease, '6.16.0') && isAtLeast(virtualBox, '7.2.2');
  if (shares) return atLoad === 'N' && isAtLeast(virtualBox, '7.2.10') ? switchedOff(virtualBox) : undefined;
  const unload = `\`sudo modprobe --remove ${name}\``;
  if (atLoad === 'Y') {
    return busy(
      `KVM (module ${name}) holds the processor's virtualization: since Linux 6.12 (this is ${kernelRelease}) it does so from the moment it is loaded. VirtualBox ${virtualBox} then starts no machine.`,
      `${unload}, and for good: \`echo options kvm enable_virt_at_load=0 | sudo tee /etc/modprobe.d/virtualbox-kvm.conf\` and restart. VirtualBox 7.2.2 with Linux 6.16 needs neither.`,
    );
  }
  if (Number(users) === 0) return undefined;
  return busy(
    `KVM (module ${name}, used ${users ?? ''} times) is running machines and holds the processor's virtualization.`,
    `Stop the machines of KVM (\`virsh list\`, \`ps -C qemu-system-x86_64\`), then ${unload} if it is still held.`,
  );
}

/** VirtualBox issues 711 and 713: `VERR_SVM_HOST_SVME_NOT_ENABLED`. */
function switchedOff(virtualBox: string): Problem {
  return {
    code: 'LAB_HYPERVISOR_BUSY',
    severity: 'warning',
    message: `KVM is loaded with enable_virt_at_load=0. VirtualBox ${virtualBox} relies on KVM to switch the processor's virtualization on, and machines may fail to start (VERR_SVM_HOST_SVME_NOT_ENABLED).`,
    fix: 'Remove `enable_virt_at_load=0` from the kernel command line and from /etc/modprobe.d, then restart. Only VirtualBox before 7.2.2 needed it.',
  };
}

function busy(message: string, fix: string): Problem {
  return { code: 'LAB_HYPERVISOR_BUSY', severity: 'error', message, fix };
}

function isKernelAtLeast(release: string, least: string): boolean {
  return semver.gte(semver.coerce(release) ?? '0.0.0', least);
}

/** VirtualBox then runs on top of Hyper-V, which it can do, slowly. */
async function readHyperV(exec: Exec, signal: AbortSignal | undefined): Promise<Problem[]> {
  const query = '(Get-CimInstance Win32_ComputerSystem).HypervisorPresent';
  const result = await exec('powershell', ['-NoProfile', '-NonInteractive', '-Command', query], {
    timeoutMs: powerShellMs,
    ...(signal === undefined ? {} : { signal }),
  });
  if (result.stdout.trim() !== 'True') return [];
  return [
    {
      code: 'LAB_HYPERVISOR_BUSY',
      severity: 'warning',
      message:
        'Windows runs a hypervisor of its own (Hyper-V, WSL 2, memory integrity): VirtualBox has to run on top of it, and its machines are slow or do not start.',
      fix: 'As administrator `bcdedit /set hypervisorlaunchtype off`, then restart. `bcdedit /set hypervisorlaunchtype auto` takes it back; WSL 2 and Docker Desktop need it.',
    },
  ];
}
