import type { ArtifactFile, Scenario } from '../model/scenario.ts';
import { referenceProblem } from './reference-problem.ts';
import type { DataPath, PathProblem } from './yaml-source.ts';

/** Files that cannot be put on machines: of an artifact that is not there, in the place of another, or on no machine. */
export function installProblems({ install, editions, artifacts, discovery }: Scenario): PathProblem[] {
  const names = new Set(Object.keys(artifacts));
  const general: Place[] = install.map((file, index) => ({ file, path: ['install', index] }));
  const ofEditions = Object.entries(editions).map(([name, edition]) =>
    edition.install.map((file, index): Place => ({ file, path: ['editions', name, 'install', index] })),
  );
  const groups = [general, ...ofEditions];
  return groups.flatMap((places, number) => [
    ...places.flatMap(({ file, path }) => [
      ...referenceProblem('an artifact', file.artifact, names, [...path, 'artifact']),
      ...(discovery === undefined ? [onNoMachine(path)] : []),
    ]),
    ...sameTargets(number === 0 ? general : [...general, ...places], places),
  ]);
}

interface Place {
  file: ArtifactFile;
  path: DataPath;
}

function onNoMachine(path: DataPath): PathProblem {
  const message =
    'this is never installed: files are put on the machines of the discovery role, and there is none';
  return { path, at: 'value', message, hint: "Give the scenario 'discovery', or use an action of a step." };
}

/** Files of `places` that an earlier one of `all` has put somewhere already, with the same provider. */
function sameTargets(all: readonly Place[], places: readonly Place[]): PathProblem[] {
  return places.flatMap(({ file, path }): PathProblem[] => {
    const earlier = all.slice(
      0,
      all.findIndex((one) => one.file === file),
    );
    const other = earlier.find((one) => one.file.to === file.to && haveProviderInCommon(one.file, file));
    if (other === undefined) return [];
    const message = `'${file.to}' is there already, from the artifact ${other.file.artifact}`;
    return [{ path: [...path, 'to'], at: 'value', message }];
  });
}

function haveProviderInCommon(one: ArtifactFile, other: ArtifactFile): boolean {
  const { providers } = other;
  return providers === undefined || (one.providers?.some((name) => providers.includes(name)) ?? true);
}
