import { homedir } from 'node:os';
import { join } from 'node:path';
import { HostsFile, type HostsFileOptions } from '../host/hosts-file.ts';
import { renderSshConfig } from '../host/ssh-config.ts';
import { SshInclude, type SshIncludeOptions } from '../host/ssh-include.ts';
import { sshKeyPaths } from '../host/ssh-key.ts';
import type { Clock } from '../io/clock.ts';
import type { Exec } from '../io/exec.ts';
import type { LabState } from '../model/lab-state.ts';
import { machineUser, type Machine } from '../model/machine.ts';
import type { Provider } from '../providers/provider.ts';
import { hostLockPath, labPaths, projectDir } from '../state/lab-home.ts';

/** What the pieces of host set-up of one lab are made with. */
export interface HostSetUpContext {
  home: string;
  lab: string;
  exec: Exec;
  clock: Clock;
  confirm: (question: string) => Promise<boolean>;
  signal: AbortSignal;
}

/** What is known of a block beforehand, and who is told of what was left in it. */
export interface HostsBlockOptions extends Pick<HostsFileOptions, 'ownLines' | 'onForeign'> {
  /** In place of the lab's own folder. */
  stagingDir?: string;
}

/** The lab's block in a hosts file. */
export function labHostsFile(
  file: string,
  context: HostSetUpContext,
  { stagingDir, ...options }: HostsBlockOptions = {},
): HostsFile {
  const { home, lab, exec, clock, confirm, signal } = context;
  return new HostsFile({
    ...options,
    file,
    lab,
    labDir: stagingDir ?? labPaths(home, lab).dir,
    lockPath: hostLockPath(home),
    exec,
    clock,
    signal,
    confirm: ({ file: changed, added, removed }) => {
      const lines = [...removed.map((line) => `  - ${line}`), ...added.map((line) => `  + ${line}`)];
      return confirm(`${changed} is to be changed with sudo:\n${lines.join('\n')}\nGo on?`);
    },
  });
}

/** The Include of all labs in an ssh config. */
export function labSshInclude(
  file: string,
  { home, clock, signal }: HostSetUpContext,
  options: Pick<SshIncludeOptions, 'onForeign'> = {},
): SshInclude {
  return new SshInclude({ ...options, file, home, clock, signal });
}

/** The user's own ssh config. */
export function userSshConfig(): string {
  return join(homedir(), '.ssh', 'config');
}

/** The text of the lab's ssh config as its state says it must be. */
export async function labSshConfig(
  state: LabState,
  machines: readonly Machine[],
  provider: Provider,
  home: string,
  signal: AbortSignal,
): Promise<string> {
  const paths = labPaths(home, state.lab);
  const hosts = await Promise.all(
    machines.map(async (machine) => ({
      name: machine.name,
      aliases: machine.aliases,
      endpoint: await provider.endpoint(projectDir(home, state.lab, machine.project), machine, 22, signal),
      user: machineUser,
    })),
  );
  return renderSshConfig({
    lab: state.lab,
    hosts,
    privateKeyPath: sshKeyPaths(paths.dir).privateKeyPath,
    knownHostsPath: join(paths.ssh, 'known_hosts'),
    ...(state.agent?.own === true ? { agentSocket: state.agent.socket } : {}),
  });
}
