import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../io/clock.ts';
import type { Exec } from '../io/exec.ts';
import type { FoundLeftover, LabPlace } from '../model/leftover.ts';
import { readLabLife, readOwnership } from '../state/lab-life.ts';
import { labDir } from '../state/lab-home.ts';
import { listAgentProcesses } from './agent-process.ts';
import { listAgentIdentities } from './agent-protocol.ts';
import { agentSocketPath, removeAgentKey, stopAgent } from './ssh-agent.ts';
import { sshKeyPaths } from './ssh-key.ts';

export interface AgentQuestion {
  exec: Exec;
  clock: Clock;
  /** LAB_HOME. */
  home: string;
  /** Names of labs that are or may have been in this LAB_HOME. */
  labs: readonly string[];
  /** The system's temporary folder. */
  temporaryDir: string;
  /** A folder of ours for a short while. */
  stagingDir: string;
  /** SSH_AUTH_SOCK. */
  userAgent: string | undefined;
}

/**
 * Agents that labs that are gone have started, told by the socket on their command lines; the folders of such sockets; and
 * keys of labs in the user's own agent, told by their comment, which names no LAB_HOME and is therefore `uncertain`.
 */
export async function findAgentLeftovers(question: AgentQuestion): Promise<FoundLeftover[]> {
  const agents = await listAgentProcesses(question.exec);
  const sockets = new Set(agents.map((agent) => agent.socket));
  const processes = await Promise.all(agents.map((agent) => judgeAgent(agent, question)));
  return [
    ...processes.flat(),
    ...(await abandonedFolders(sockets, question)),
    ...(await keysOfLabs(question)),
  ];
}

async function judgeAgent(
  { pid, socket }: { pid: number; socket: string },
  question: AgentQuestion,
): Promise<FoundLeftover[]> {
  const { exec, clock, home, temporaryDir, labs } = question;
  const inLab = /^(.+)\/labs\/([^/]+)\/ssh\/agent\.sock$/.exec(socket);
  const known = labs.find((lab) => agentSocketPath(labDir(home, lab), temporaryDir) === socket);
  const isShort = isAgentFolder(dirname(socket), temporaryDir);
  if (inLab === null && known === undefined && !isShort) return [];
  const common = { what: `ssh agent, process ${String(pid)}`, where: socket };
  const remove = async (): Promise<void> => {
    await stopAgent(exec, clock, socket);
  };
  if (inLab === null && known === undefined) {
    // The folder's name is a digest of the lab's: another LAB_HOME's cannot be told from one that is gone.
    const why = 'its folder is of no lab here; another LAB_HOME may have it';
    return [{ leftover: { ...common, standing: 'uncertain', why }, remove }];
  }
  const lab = known ?? inLab?.[2] ?? '';
  const folder = labDir(known === undefined ? (inLab?.[1] ?? '') : home, lab);
  const { life, place, why } = await readOwnership({ lab, folder }, home);
  if (life !== 'gone') return [];
  return [
    {
      leftover: { ...common, standing: 'left', why, lab },
      ...(place === undefined ? {} : { owner: place }),
      remove,
    },
  ];
}

/** Private folders for the sockets of labs with long paths in which no agent listens. */
async function abandonedFolders(
  sockets: ReadonlySet<string>,
  { home, labs, temporaryDir }: AgentQuestion,
): Promise<FoundLeftover[]> {
  const names = await readdir(temporaryDir).catch(() => []);
  const folders = names
    .map((name) => join(temporaryDir, name))
    .filter((path) => isAgentFolder(path, temporaryDir));
  const found = folders.map(async (folder): Promise<FoundLeftover[]> => {
    const socket = join(folder, 'agent.sock');
    const status = await lstat(folder).catch(() => undefined);
    if (sockets.has(socket) || status?.isDirectory() !== true || status.uid !== process.getuid?.()) return [];
    const lab = labs.find((name) => agentSocketPath(labDir(home, name), temporaryDir) === socket);
    if (lab !== undefined && (await readLabLife({ home, lab })) !== 'gone') return [];
    const why = 'no ssh agent listens there';
    const since = status.mtime.toISOString();
    return [
      {
        leftover: { standing: 'left', what: 'folder of an ssh agent', where: folder, why, since },
        remove: () => rm(folder, { recursive: true, force: true }),
      },
    ];
  });
  return (await Promise.all(found)).flat();
}

function isAgentFolder(folder: string, temporaryDir: string): boolean {
  return dirname(folder) === temporaryDir && /\/lab-agent-[0-9a-f]{16}$/.test(folder);
}

async function keysOfLabs({ exec, home, userAgent, stagingDir }: AgentQuestion): Promise<FoundLeftover[]> {
  if (userAgent === undefined || userAgent === '') return [];
  const identities = (await listAgentIdentities(userAgent)) ?? [];
  const found = identities.map(async ({ key, comment }): Promise<FoundLeftover[]> => {
    const lab = /^lab ([\w.-]+)$/.exec(comment)?.[1];
    if (lab === undefined || (await isKeyOf({ home, lab }, key))) return [];
    const why = `it is of no lab ${lab} here; another LAB_HOME may have one`;
    return [
      {
        leftover: { standing: 'uncertain', what: `ssh key "${comment}"`, where: userAgent, why, lab },
        owner: { home, lab },
        remove: async (signal) => {
          const publicKeyPath = join(stagingDir, 'key.pub');
          const publicKey = `ssh-ed25519 ${key} ${comment}`;
          await mkdir(stagingDir, { recursive: true, mode: 0o700 });
          try {
            await writeFile(publicKeyPath, `${publicKey}\n`, { mode: 0o600 });
            await removeAgentKey(exec, userAgent, { publicKeyPath, publicKey }, signal);
          } finally {
            await rm(stagingDir, { recursive: true, force: true });
          }
        },
      },
    ];
  });
  return (await Promise.all(found)).flat();
}

/** The key of a lab that is there, or that a lab that is being made may be about to write down. */
async function isKeyOf(place: LabPlace, key: string): Promise<boolean> {
  const life = await readLabLife(place);
  if (life === 'busy') return true;
  if (life === 'gone') return false;
  const { publicKeyPath } = sshKeyPaths(labDir(place.home, place.lab));
  const publicKey = await readFile(publicKeyPath, 'utf8').catch(() => '');
  return publicKey.split(' ')[1] === key;
}
