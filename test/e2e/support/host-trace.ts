import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedJournalPath } from '../../../src/state/lab-home.ts';
import { dockerLines } from './machine-commands.ts';

/** All that a lab may leave on a host. Two of them are equal when a lab has left nothing in between. */
export interface HostTrace {
  containers: string[];
  networks: string[];
  volumes: string[];
  /** Bytes of the hosts files, base64. */
  hosts: string[];
  /** Content of the user's `.ssh` by path; undefined: there is no such folder. */
  ssh: Record<string, string> | undefined;
  /** Whatever is in LAB_HOME, but for its empty folders and the journal of what labs share. */
  labFiles: string[];
  /** Command lines of the processes that were started for this user. */
  processes: string[];
}

/** Looks at the host, with `home` and `labHome` as the folders of a test's own user. */
export async function traceHost(user: {
  home: string;
  labHome: string;
  hostsFiles: readonly string[];
}): Promise<HostTrace> {
  const ssh = join(user.home, '.ssh');
  return {
    containers: await dockerLines('ps', '--all', '--no-trunc', '--format', '{{.Names}} {{.ID}}'),
    networks: await dockerLines('network', 'ls', '--no-trunc', '--format', '{{.Name}} {{.ID}}'),
    volumes: await dockerLines('volume', 'ls', '--quiet'),
    hosts: user.hostsFiles.map((file) => readFileSync(file, 'base64')),
    ssh: existsSync(ssh)
      ? Object.fromEntries(filesIn(ssh).map((file) => [file, readFileSync(file, 'utf8')]))
      : undefined,
    labFiles: labFilesIn(user.labHome),
    processes: processesOf(user.home),
  };
}

/** Whatever is in LAB_HOME but for the journal of what labs share, which outlives them. */
export function labFilesIn(labHome: string): string[] {
  return filesIn(labHome).filter((file) => file !== sharedJournalPath(labHome));
}

/** All files below a folder, sorted; none where it is not there. */
export function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The processes whose HOME is this folder: everything that `lab` has started, daemons and orphans too. */
export function processesOf(home: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap((pid) => {
      try {
        const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        if (!variables.includes(`HOME=${home}`)) return [];
        return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`];
      } catch {
        return []; // It has ended meanwhile.
      }
    });
}
