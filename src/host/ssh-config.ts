import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrivateDirectory, writeFileAtomically } from '../io/files.ts';
import type { Endpoint } from '../model/machine.ts';

/** One `Host` of a lab's ssh config. */
export interface SshHost {
  /** The machine's name; also the name that its host key is pinned under. */
  name: string;
  aliases: readonly string[];
  endpoint: Endpoint;
  user: string;
}

export interface SshConfig {
  lab: string;
  hosts: readonly SshHost[];
  privateKeyPath: string;
  knownHostsPath: string;
  /** The lab's own agent, where it has one; else the user's agent is asked. */
  agentSocket?: string;
}

/** The files that ssh needs for a lab, in the lab's own folder. */
export interface SshFiles {
  config: string;
  knownHosts: string;
}

export function sshFiles(labDir: string): SshFiles {
  return { config: join(labDir, 'ssh', 'config'), knownHosts: join(labDir, 'ssh', 'known_hosts') };
}

/** As long as the longest attempt of `lab` itself to get a connection. */
const connectSeconds = '20';

/** The text of a lab's ssh config, for ssh_config(5) of OpenSSH 8.7 and later. */
export function renderSshConfig(config: SshConfig): string {
  const head = `# Machines of lab ${config.lab}. Written by lab at each \`lab up\`; do not edit.\n`;
  return [head, ...config.hosts.map((host) => renderHost(config, host))].join('\n');
}

function renderHost(config: SshConfig, { name, aliases, endpoint, user }: SshHost): string {
  const options: [string, string][] = [
    ['HostName', endpoint.host],
    ['Port', String(endpoint.port)],
    ['User', quoteWord(user)],
    ['IdentityFile', quotePath(config.privateKeyPath)],
    ['IdentitiesOnly', 'yes'],
    ...(config.agentSocket === undefined
      ? []
      : [['IdentityAgent', quotePath(config.agentSocket)] satisfies [string, string]]),
    // Pinned under the machine's name: addresses and forwarded ports are used again by other machines.
    ['HostKeyAlias', name],
    ['UserKnownHostsFile', quotePath(config.knownHostsPath)],
    ['GlobalKnownHostsFile', '/dev/null'],
    ['CheckHostIP', 'no'],
    ['StrictHostKeyChecking', 'yes'],
    ['PasswordAuthentication', 'no'],
    // A master whose machine is gone would make the next ssh hang.
    ['ControlMaster', 'no'],
    ['ControlPath', 'none'],
    ['ConnectTimeout', connectSeconds],
    ['ServerAliveInterval', '15'],
    ['LogLevel', 'ERROR'],
  ];
  const lines = options.map(([key, value]) => `  ${key} ${value}\n`);
  return `Host ${[name, ...aliases].join(' ')}\n${lines.join('')}`;
}

/** The text of a known_hosts file from pinned keys, `TYPE BASE64` by machine. */
export function renderKnownHosts(hostKeys: Readonly<Record<string, string>>): string {
  return Object.entries(hostKeys)
    .map(([machine, key]) => `${machine} ${key}\n`)
    .join('');
}

/** Quotes a word as ssh's configuration parser reads it (argv_split in OpenSSH's misc.c). */
export function quoteWord(word: string): string {
  if (/[\r\n\0]/.test(word)) throw new Error(`ssh cannot be told of ${JSON.stringify(word)}`);
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`;
}

/** What the OpenSSH client is called with to reach a machine with the lab's key, and nobody else's configuration. */
export function sshArguments(
  { name, endpoint, user }: SshHost,
  { privateKeyPath, knownHostsPath }: Pick<SshConfig, 'privateKeyPath' | 'knownHostsPath'>,
): string[] {
  const settings = [
    `IdentityFile=${quotePath(privateKeyPath)}`,
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${quotePath(knownHostsPath)}`,
    `HostKeyAlias=${name}`,
    'StrictHostKeyChecking=yes',
    'LogLevel=ERROR',
    // Without them ssh waits for ever for a machine that takes the connection and says nothing, or that vanished.
    `ConnectTimeout=${connectSeconds}`,
    'ServerAliveInterval=15',
    'ServerAliveCountMax=3',
  ];
  return [
    ...['-F', '/dev/null', '-p', String(endpoint.port), '-l', user, '-A'],
    ...settings.flatMap((setting) => ['-o', setting]),
    endpoint.host,
  ];
}

/** ssh replaces `%` sequences and `${NAME}` in paths; the latter cannot be written in any way. */
function quotePath(path: string): string {
  if (path.includes('${')) {
    throw new Error(
      `ssh cannot be told of the path ${path}, because of its \${; set LAB_HOME to another folder`,
    );
  }
  return quoteWord(path.replaceAll('%', '%%'));
}

/** Writes both files, readable by their owner only, known_hosts first so that no host is without its key. */
export async function writeSshFiles(
  labDir: string,
  config: string,
  hostKeys: Readonly<Record<string, string>>,
): Promise<void> {
  const files = sshFiles(labDir);
  await createPrivateDirectory(join(labDir, 'ssh'));
  await writeFileAtomically(files.knownHosts, renderKnownHosts(hostKeys), { mode: 0o600 });
  await writeFileAtomically(files.config, config, { mode: 0o600 });
}

/** Removes both files; does nothing where they are not there. */
export async function removeSshFiles(labDir: string): Promise<void> {
  const files = sshFiles(labDir);
  await rm(files.config, { force: true });
  await rm(files.knownHosts, { force: true });
}
