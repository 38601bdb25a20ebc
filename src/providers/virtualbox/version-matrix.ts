import semver from 'semver';
import type { Problem } from '../../model/errors.ts';

/**
 * First Vagrant that drives a VirtualBox, newest first. Vagrant matches the first two numbers and refuses what it does
 * not know (plugins/providers/virtualbox/driver/meta.rb; CHANGELOG.md of Vagrant: GH-12947, GH-13513, 2.4.9).
 */
const drivers: readonly { vagrant: string; virtualBox: string }[] = [
  { vagrant: '2.4.9', virtualBox: '7.2' },
  { vagrant: '2.4.2', virtualBox: '7.1' },
  { vagrant: '2.3.2', virtualBox: '7.0' },
];
const newest = drivers[0] ?? { vagrant: '', virtualBox: '' };

/**
 * The version in what `VBoxManage --version` prints, e.g. `7.2.22` of `7.2.22_Debianr175245` or `7.0.26r168464`.
 * Wrappers print warnings before it.
 */
export function parseVirtualBoxVersion(printed: string): string | undefined {
  return /^(\d+\.\d+\.\d+)\S*\s*$/m.exec(printed)?.[1];
}

/**
 * LAB_VIRTUALBOX_VERSION where Vagrant would refuse this VirtualBox, with the upgrade that helps. Nothing is said of a
 * Vagrant that cannot be read (LAB_VAGRANT_VERSION says it), and one that is newer than any we know is trusted.
 */
export function versionProblem(virtualBox: string, vagrant: string | undefined): Problem | undefined {
  const have = semver.coerce(vagrant);
  if (have === null || semver.gt(have, newest.vagrant)) return undefined;
  const release = majorMinor(virtualBox);
  const knows = drivers.find((driver) => semver.gte(have, driver.vagrant))?.virtualBox ?? '6.1';
  if (!isNewer(release, knows)) return undefined;
  const first = drivers.find((driver) => driver.virtualBox === release);
  const upgrade =
    first === undefined
      ? `Install a Vagrant that knows VirtualBox ${release}, newer than ${newest.vagrant}`
      : `Install Vagrant ${first.vagrant} or later`;
  return {
    code: 'LAB_VIRTUALBOX_VERSION',
    severity: 'error',
    message: `VirtualBox is ${virtualBox}; Vagrant ${have.version} drives VirtualBox up to ${knows}.`,
    fix: `${upgrade} (https://developer.hashicorp.com/vagrant/install), or VirtualBox ${knows} (https://www.virtualbox.org/wiki/Download_Old_Builds).`,
  };
}

/** Whether a VirtualBox (`7.2.2`) is that version or a later one. */
export function isAtLeast(version: string, least: string): boolean {
  return semver.gte(semver.coerce(version) ?? '0.0.0', least);
}

function majorMinor(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function isNewer(one: string, other: string): boolean {
  return semver.gt(`${one}.0`, `${other}.0`);
}
