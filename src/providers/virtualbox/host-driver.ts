import type { Problem } from '../../model/errors.ts';
import type { VBoxManage } from './vbox-manage.ts';
import type { VirtualBoxHost } from './virtualbox-host.ts';

/** What runs the machines' code: the processor through VirtualBox's kernel module, or VirtualBox's own interpreter. */
export type HostDriver = 'kernel' | 'interpreter';

export interface DriverFinding {
  driver: HostDriver;
  problems: Problem[];
  /** Why machines can have no private network. */
  noPrivateNetwork?: Problem;
}

const interpreterKey = 'VBoxInternal/EM/IemExecutesAll';
const packageFix =
  'Debian and Ubuntu: `sudo apt-get install virtualbox-dkms linux-headers-generic` (Debian: linux-headers-amd64), then `sudo modprobe vboxdrv`. VirtualBox of Oracle: `sudo /sbin/vboxconfig`. With Secure Boot the module has to be signed.';

/**
 * Whether machines can run, as far as the kernel module decides it. Linux only: elsewhere it comes with VirtualBox and
 * its absence shows when a machine is started. `printed`: what `VBoxManage --version` printed.
 */
export async function readHostDriver(
  host: VirtualBoxHost,
  vboxManage: VBoxManage,
  printed: string,
  signal?: AbortSignal,
): Promise<DriverFinding> {
  if (host.platform !== 'linux') return { driver: 'kernel', problems: [] };
  const [device, control] = await Promise.all([host.exists('/dev/vboxdrv'), host.exists('/dev/vboxnetctl')]);
  const warned = wrapperWarning(printed);
  if (device && warned === undefined) {
    return {
      driver: 'kernel',
      problems: [],
      ...(control ? {} : { noPrivateNetwork: networkModuleMissing }),
    };
  }
  const interpreted = !device && (await runsInterpreted(vboxManage, signal));
  return interpreted ? interpreter(warned) : { driver: 'kernel', problems: [driverMissing(warned)] };
}

/**
 * What Debian's and Oracle's wrappers of VBoxManage print, on standard output, before every answer while the module is
 * not loaded. Vagrant takes it for a broken installation and refuses VirtualBox.
 */
export function wrapperWarning(printed: string): string | undefined {
  const warning = /^WARNING: (.*(?:vboxdrv)[\s\S]*?\.)(?:\s|$)/m.exec(printed)?.[1];
  return warning?.replace(/\s+/g, ' ');
}

async function runsInterpreted(vboxManage: VBoxManage, signal: AbortSignal | undefined): Promise<boolean> {
  const result = await vboxManage.run(['getextradata', 'global', interpreterKey], { signal });
  return result.exitCode === 0 && /^Value: 1$/m.test(result.stdout);
}

function interpreter(warned: string | undefined): DriverFinding {
  const slow: Problem = {
    code: 'LAB_VIRTUALBOX_DRIVER',
    severity: 'warning',
    message: `There is no /dev/vboxdrv, and VirtualBox is set to interpret machines (${interpreterKey} = 1): they are slow and have NAT only.`,
    fix: `To have them run on the processor: \`VBoxManage setextradata global ${interpreterKey}\`, which takes the setting back, and the kernel module. ${packageFix}`,
  };
  const refused: Problem = {
    code: 'LAB_VIRTUALBOX_DRIVER',
    severity: 'error',
    message: `VBoxManage is a wrapper that warns before every answer, which Vagrant takes for a broken installation: "${warned ?? ''}"`,
    fix: "Put VirtualBox's own folder first on PATH: `PATH=/usr/lib/virtualbox:$PATH`.",
  };
  return {
    driver: 'interpreter',
    problems: [slow, ...(warned === undefined ? [] : [refused])],
    noPrivateNetwork: interpretedHasNoNetwork,
  };
}

function driverMissing(warned: string | undefined): Problem {
  return {
    code: 'LAB_VIRTUALBOX_DRIVER',
    severity: 'error',
    message:
      warned === undefined
        ? 'There is no /dev/vboxdrv: the kernel module of VirtualBox is not loaded.'
        : `VirtualBox cannot start machines: "${warned}"`,
    fix: packageFix,
  };
}

const interpretedHasNoNetwork: Problem = {
  code: 'LAB_NETWORK_FAILED',
  severity: 'error',
  message:
    'VirtualBox interprets the machines here, without its kernel modules: they cannot have a private network.',
  fix: `Use --provider docker, or load the modules. ${packageFix}`,
};

const networkModuleMissing: Problem = {
  code: 'LAB_NETWORK_FAILED',
  severity: 'error',
  message:
    'There is no /dev/vboxnetctl: the kernel module that makes host-only networks (vboxnetadp) is not loaded.',
  fix: '`sudo modprobe --all vboxnetadp vboxnetflt`.',
};
