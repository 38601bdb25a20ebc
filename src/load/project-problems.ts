import type { Scenario } from '../model/scenario.ts';
import type { PathProblem } from './yaml-source.ts';

/** Groups of machines that would be made in the same Vagrant project, which has one `config.rb`, or under the same name. */
export function projectProblems({ machines }: Scenario): PathProblem[] {
  return machines.flatMap((group, index): PathProblem[] => {
    const before = machines.slice(0, index);
    const sameProject = before.find((other) => other.project === group.project);
    const sameName = before.find((other) => other.name === group.name);
    const project: PathProblem = {
      path: ['machines', index, 'project'],
      at: 'value',
      message: `'${group.project}' is the project of '${sameProject?.role ?? ''}' already; each group needs one of its own`,
      hint: 'Machines of one project make one group, with `count`.',
    };
    const name: PathProblem = {
      path: ['machines', index, 'name'],
      at: 'value',
      message: `'${group.name}' is the name of '${sameName?.role ?? ''}' already`,
    };
    return [...(sameProject === undefined ? [] : [project]), ...(sameName === undefined ? [] : [name])];
  });
}
