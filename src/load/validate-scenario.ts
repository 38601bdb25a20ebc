import type { Scenario } from '../model/scenario.ts';
import type { KnownFiles } from './known-files.ts';
import { installProblems } from './install-problems.ts';
import { machineProblems } from './machine-problems.ts';
import { parameterProblems } from './parameter-problems.ts';
import { projectProblems } from './project-problems.ts';
import { stepProblems } from './step-problems.ts';
import { templateProblems } from './template-problems.ts';
import type { PathProblem } from './yaml-source.ts';

/**
 * All that is wrong with a scenario of the right shape: what refers to nothing, contradicts itself or cannot be compiled.
 * `includedSteps` are the ids of the steps that it includes.
 */
export function validateScenario(
  scenario: Scenario,
  known: KnownFiles,
  includedSteps: ReadonlySet<string>,
): PathProblem[] {
  return [
    ...parameterProblems(scenario),
    ...machineProblems(scenario, known),
    ...projectProblems(scenario),
    ...stepProblems(scenario, known, includedSteps),
    ...installProblems(scenario),
    ...templateProblems(scenario),
  ];
}
