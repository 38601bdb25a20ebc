import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { agentSocketPath } from '../host/ssh-agent.ts';
import { systemHostsFile } from '../host/hosts-file.ts';
import type { HostChange } from '../host/journal-entry.ts';
import type { LabState } from '../model/lab-state.ts';
import { userSshConfig } from '../run/host-set-up.ts';
import { labPaths, projectDir } from '../state/lab-home.ts';
import { networkNameOf } from './run-session.ts';

/**
 * What a lab may have changed on this host, oldest first, where its journal cannot say: for `lab destroy --force`.
 * Undoing what was never done does nothing.
 */
export function assumedChanges(state: LabState, home: string): HostChange[] {
  const { lab, provider } = state;
  const paths = labPaths(home, lab);
  const projectsDir = dirname(projectDir(home, lab, 'any'));
  const projects = existsSync(projectsDir) ? readdirSync(projectsDir) : [];
  return [
    { kind: 'network', provider, name: networkNameOf(lab) },
    ...projects.map((project) => ({
      kind: 'machines' as const,
      provider,
      project,
      projectDir: projectDir(home, lab, project),
      machines: state.machines
        .filter((machine) => machine.project === project)
        .map((machine) => machine.name),
    })),
    { kind: 'hosts-block', file: state.hostsFile ?? systemHostsFile(), lab },
    { kind: 'ssh-agent', socket: agentSocketPath(paths.dir) },
    { kind: 'ssh-include', file: state.sshConfigFile ?? userSshConfig(), line: '' },
  ];
}
