import { readFile } from 'node:fs/promises';

/** How machines are run: with all privileges, or with those that a restricted host can give. */
export interface Privileges {
  /** For the plan, e.g. `--privileged`. */
  description: string;
  /** Arguments for `docker run`. */
  args: readonly string[];
}

const full: Privileges = { description: '--privileged', args: ['--privileged'] };

/**
 * What `--privileged` gives, without the one capability that restricted hosts (sandboxes, some CI runners) withhold.
 * There `--privileged` ends with "unable to apply caps". Devices and the masks on /proc and /sys stay as they are for
 * any container; the node's first process makes its own cgroup tree and /proc/sys writable.
 */
const reduced: Privileges = {
  description: '--cap-add ALL --cap-drop SYS_RESOURCE',
  args: [
    ...['--cap-add', 'ALL', '--cap-drop', 'SYS_RESOURCE'],
    ...['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined'],
  ],
};

/** CAP_SYS_RESOURCE in linux/capability.h. */
const sysResource = 24n;

export interface PrivilegeQuestion {
  /** `yes`, `no` or `auto`: the value of LAB_DOCKER_PRIVILEGED. */
  override: string | undefined;
  /** The engine is in a virtual machine or elsewhere: this host's limits are not the engine's. */
  engineElsewhere: boolean;
  /** The text of a process's `/proc/PID/status`, or undefined where there is none. */
  processStatus: string | undefined;
}

/**
 * Chooses by the capability bounding set (`CapBnd`, proc(5)) of a process on this host: what is outside of it no local
 * process can get, the engine included.
 */
export function choosePrivileges({
  override,
  engineElsewhere,
  processStatus,
}: PrivilegeQuestion): Privileges {
  if (override === 'yes') return full;
  if (override === 'no') return reduced;
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(processStatus ?? '')?.[1];
  if (engineElsewhere || bounding === undefined) return full;
  return ((BigInt(`0x${bounding}`) >> sysResource) & 1n) === 1n ? full : reduced;
}

/** This process's own status, or undefined on a host without /proc. */
export async function readOwnStatus(): Promise<string | undefined> {
  return await readFile('/proc/self/status', 'utf8').catch(() => undefined);
}

/** All arguments of `docker run` that make a container a machine. */
export function machineArguments(privileges: Privileges, authorizedKey: string): string[] {
  return [
    ...privileges.args,
    // systemd needs a cgroup tree of its own, and the node's engine a real file system for its layers.
    ...['--cgroupns', 'private', '--volume', '/var/lib/docker'],
    ...['--tmpfs', '/run', '--tmpfs', '/tmp:exec'],
    // How systemd knows where it is, and where it writes its boot messages (`docker logs`).
    ...['--env', 'container=docker', '--tty'],
    ...['--env', `LAB_AUTHORIZED_KEY=${authorizedKey.trim()}`],
  ];
}
