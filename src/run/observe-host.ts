import { readFile } from 'node:fs/promises';
import { needsSudo, type HostsEntry } from '../host/hosts-file.ts';
import { Journal } from '../host/journal.ts';
import { journaledLines } from '../host/own-lines.ts';
import { renderKnownHosts, sshFiles } from '../host/ssh-config.ts';
import { agentStatus } from '../host/ssh-agent.ts';
import { sshKeyPaths } from '../host/ssh-key.ts';
import { CommandError } from '../model/errors.ts';
import type { HostFacts, HostPiece } from '../model/facts.ts';
import type { LabState } from '../model/lab-state.ts';
import type { Machine } from '../model/machine.ts';
import type { Provider } from '../providers/provider.ts';
import { labPaths } from '../state/lab-home.ts';
import { foreignLinesText } from './foreign-text.ts';
import { labHostsFile, labSshConfig, labSshInclude, type HostSetUpContext } from './host-set-up.ts';

export interface ObserveHostRequest {
  state: LabState;
  machines: readonly Machine[];
  provider: Provider;
  hostsFile: string | undefined;
  sshConfigFile: string | undefined;
  hostSetUp: HostSetUpContext;
}

/** How the host's files and the ssh agent stand against what the lab wants. Reads only. */
export async function observeHost(request: ObserveHostRequest): Promise<HostFacts> {
  const { hostsFile, machines, hostSetUp } = request;
  const entries = machines.map(({ address, name, aliases }) => ({ address, names: [name, ...aliases] }));
  const [hosts, hostsNeedSudo, sshConfig, agentAlive] = await Promise.all([
    hostsFile === undefined ? untouched : inspectHosts(hostsFile, entries, hostSetUp),
    hostsFile === undefined ? false : needsSudo(hostsFile),
    request.sshConfigFile === undefined ? untouched : inspectSshConfig(request.sshConfigFile, request),
    isKeyLoaded(request),
  ]);
  const foreignLines = [...hosts.foreign, ...sshConfig.foreign];
  return {
    hosts: hosts.piece,
    hostsNeedSudo,
    sshConfig: sshConfig.piece,
    agentAlive,
    ...(foreignLines.length === 0 ? {} : { foreignLines }),
  };
}

interface Seen {
  piece: HostPiece;
  /** Of a current piece: lines of somebody else in it, in words. Whoever writes it says so then. */
  foreign: string[];
}

const untouched: Seen = { piece: 'disabled', foreign: [] };

async function inspectHosts(
  file: string,
  entries: readonly HostsEntry[],
  hostSetUp: HostSetUpContext,
): Promise<Seen> {
  const journal = new Journal(labPaths(hostSetUp.home, hostSetUp.lab).journal, hostSetUp.clock);
  const block = labHostsFile(file, hostSetUp, { ownLines: journaledLines(await journal.open(), file) });
  const piece = await block.inspect(entries);
  const lines = piece === 'current' ? await block.foreign(entries) : [];
  return { piece, foreign: foreignLinesText({ file, lines, fate: 'kept' }) };
}

async function inspectSshConfig(file: string, request: ObserveHostRequest): Promise<Seen> {
  const include = labSshInclude(file, request.hostSetUp);
  const inspected = await include.inspect();
  const piece = inspected === 'current' ? await inspectOwnFiles(request) : inspected;
  const lines = piece === 'current' ? await include.foreign() : [];
  return { piece, foreign: foreignLinesText({ file, lines, fate: 'kept' }) };
}

/** What the Include leads to. */
async function inspectOwnFiles(request: ObserveHostRequest): Promise<HostPiece> {
  const { state, machines, hostSetUp } = request;
  if (machines.some((machine) => state.hostKeys[machine.name] === undefined)) return 'stale';
  const files = sshFiles(labPaths(hostSetUp.home, state.lab).dir);
  const [config, knownHosts, wanted] = await Promise.all([
    readOrEmpty(files.config),
    readOrEmpty(files.knownHosts),
    wantedSshConfig(request),
  ]);
  return config === wanted && knownHosts === renderKnownHosts(state.hostKeys) ? 'current' : 'stale';
}

/** Undefined: where ports are forwarded, those of a machine that does not run are not known. */
async function wantedSshConfig(request: ObserveHostRequest): Promise<string | undefined> {
  const { state, machines, provider, hostSetUp } = request;
  try {
    return await labSshConfig(state, machines, provider, hostSetUp.home, hostSetUp.signal);
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

async function isKeyLoaded({ state, hostSetUp }: ObserveHostRequest): Promise<boolean> {
  if (state.agent === undefined) return false;
  const { publicKeyPath } = sshKeyPaths(labPaths(hostSetUp.home, state.lab).dir);
  const publicKey = (await readOrEmpty(publicKeyPath)).trim();
  return publicKey !== '' && (await agentStatus(state.agent.socket, publicKey)) === 'loaded';
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
