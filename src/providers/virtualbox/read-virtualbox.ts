import type { Exec } from '../../io/exec.ts';
import type { Problem } from '../../model/errors.ts';
import { Vagrant } from '../../vagrant/vagrant.ts';
import { pluginProblems } from '../../vagrant/vagrant-plugins.ts';
import { readHostDriver, type HostDriver } from './host-driver.ts';
import { readAllowedRanges } from './host-only-ranges.ts';
import { readOtherHypervisor } from './other-hypervisor.ts';
import { VBoxManage } from './vbox-manage.ts';
import { parseVirtualBoxVersion, versionProblem } from './version-matrix.ts';
import { thisHost, type VirtualBoxHost } from './virtualbox-host.ts';

export interface VirtualBoxFacts {
  /** For the plan, e.g. `VirtualBox 7.1.4`. */
  description: string;
  /** E.g. `7.1.4`; undefined where there is none, or it does not say. */
  version: string | undefined;
  problems: Problem[];
  driver: HostDriver;
  architecture: 'amd64' | 'arm64';
  /** Ranges that private networks must lie in; undefined: any. */
  allowedRanges?: readonly string[];
  /** Why machines can have no private network. */
  noPrivateNetwork?: Problem;
}

export interface ReadVirtualBoxOptions {
  exec: Exec;
  /** VAGRANT_HOME. */
  vagrantHome: string;
  host?: VirtualBoxHost;
}

/**
 * What is to be known of the VirtualBox of this host before anything is made, all problems at once; never throws for one.
 * Takes about 0.1 s on Linux and macOS, on Windows a second for PowerShell.
 */
export async function readVirtualBox(
  { exec, vagrantHome, host = thisHost() }: ReadVirtualBoxOptions,
  signal?: AbortSignal,
): Promise<VirtualBoxFacts> {
  const vboxManage = new VBoxManage(exec);
  const vagrant = new Vagrant({ exec, provider: 'virtualbox', together: false });
  const [printed, vagrantVersion, plugins, isArm] = await Promise.all([
    vboxManage.run(['--version'], { signal }),
    vagrant.version(signal),
    pluginProblems(vagrantHome, (path) => host.readText(path)),
    isArmHost(host, exec, signal),
  ]);
  const architecture = isArm ? 'arm64' : 'amd64';
  const armProblems = isArm ? [armProblem(host.platform)] : [];
  const version = printed.exitCode === 0 ? parseVirtualBoxVersion(printed.stdout) : undefined;
  if (version === undefined) {
    const problem = printed.notFound
      ? missing(host.platform)
      : noVersion(`${printed.stdout}${printed.stderr}`);
    const description = printed.notFound ? 'no VirtualBox' : 'VirtualBox of unknown version';
    const problems = [...armProblems, problem, ...plugins];
    return { description, version, problems, driver: 'kernel', architecture };
  }
  const [driver, allowedRanges] = await Promise.all([
    readHostDriver(host, vboxManage, printed.stdout, signal),
    readAllowedRanges(host, version),
  ]);
  const usesProcessor = driver.driver === 'kernel' && !isArm;
  const wrongVersion = versionProblem(version, vagrantVersion);
  return {
    description: `VirtualBox ${version}${driver.driver === 'interpreter' ? ', machines are interpreted' : ''}`,
    version,
    problems: [
      ...armProblems,
      ...(wrongVersion === undefined ? [] : [wrongVersion]),
      ...driver.problems,
      ...(usesProcessor ? await readOtherHypervisor(host, exec, version, signal) : []),
      ...plugins,
    ],
    driver: driver.driver,
    architecture,
    ...(allowedRanges === undefined ? {} : { allowedRanges }),
    ...(driver.noPrivateNetwork === undefined ? {} : { noPrivateNetwork: driver.noPrivateNetwork }),
  };
}

/** A Node.js for x86-64 runs on Apple's processors too and does not know it (Rosetta). */
async function isArmHost(
  host: VirtualBoxHost,
  exec: Exec,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (host.arch === 'arm64') return true;
  if (host.platform !== 'darwin') return false;
  const options = signal === undefined ? {} : { signal };
  const { stdout } = await exec('/usr/sbin/sysctl', ['-n', 'hw.optional.arm64'], options);
  return stdout.trim() === '1';
}

function armProblem(platform: NodeJS.Platform): Problem {
  const computer: Partial<Record<NodeJS.Platform, string>> = {
    darwin: 'a Mac with an Apple processor',
    win32: 'a Windows computer with an ARM processor',
  };
  return {
    code: 'LAB_ARCHITECTURE',
    severity: 'error',
    message: `This is ${computer[platform] ?? 'a computer with an ARM processor'}. VirtualBox runs ARM machines only on it, and the boxes of the labs are for x86-64: they do not run here.`,
    fix: 'Use --provider docker: the same chapter in containers, which run on ARM.',
  };
}

function missing(platform: NodeJS.Platform): Problem {
  const folder =
    platform === 'win32'
      ? ' Where it is installed, add its folder (C:\\Program Files\\Oracle\\VirtualBox) to PATH.'
      : '';
  return {
    code: 'LAB_VIRTUALBOX_MISSING',
    severity: 'error',
    message: 'There is no `VBoxManage` on PATH: VirtualBox is not installed.',
    fix: `https://www.virtualbox.org/wiki/Downloads; or use --provider docker.${folder}`,
  };
}

function noVersion(printed: string): Problem {
  const line = printed.trim().split('\n')[0] ?? '';
  return {
    code: 'LAB_VIRTUALBOX_VERSION',
    severity: 'error',
    message: `\`VBoxManage --version\` does not say a version: ${line === '' ? 'it prints nothing' : line}`,
    fix: 'Run it yourself. Where it fails, install VirtualBox again; it must be the VBoxManage of VirtualBox that comes first on PATH.',
  };
}
