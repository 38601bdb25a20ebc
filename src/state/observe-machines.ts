import type { Problem } from '../model/errors.ts';
import type { Machine, MachineObservation } from '../model/machine.ts';
import type { Provider } from '../providers/provider.ts';

/** What the machines of a lab are doing, by way of the Vagrant projects that they belong to; `projectDir` names their folders. */
export async function observeMachines(
  machines: readonly Machine[],
  provider: Pick<Provider, 'observe'>,
  projectDir: (project: string) => string,
  signal: AbortSignal,
): Promise<MachineObservation[]> {
  const projects = [...new Set(machines.map((machine) => machine.project))];
  const seen = await Promise.all(
    projects.map((project) => {
      const names = machines.filter((machine) => machine.project === project).map((machine) => machine.name);
      return provider.observe(projectDir(project), names, signal);
    }),
  );
  return seen.flat();
}

/**
 * A machine that is half made has an id; without one the provider did not answer, though it had just been found well.
 * Nothing may be concluded from that: a cluster whose machines seem to be gone would be begun anew.
 */
export function silenceProblems(seen: readonly MachineObservation[], provider: string): Problem[] {
  if (!seen.some(({ state, id }) => state === 'unknown' && id === undefined)) return [];
  const isDocker = provider === 'docker';
  const question = isDocker ? '`docker ps`' : '`VBoxManage list vms`';
  return [
    {
      code: isDocker ? 'LAB_DOCKER_UNREACHABLE' : 'LAB_VIRTUALBOX_UNREACHABLE',
      severity: 'error',
      message: 'The provider did not say what the machines of the lab are doing.',
      fix: `Run the same command again; ${question} shows whether it answers.`,
    },
  ];
}
