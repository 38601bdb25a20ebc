import type { Parameter, Scenario } from '../model/scenario.ts';
import { loadScenario } from './load-scenario.ts';
import { scenarioNames } from './scenario-folders.ts';
import type { ScenarioFolders } from './scenario-folders.ts';

/** What `lab list` tells of a scenario. */
export interface ScenarioSummary {
  name: string;
  title: string;
  chapter: string;
  description: string;
  parameters: Record<string, Parameter>;
  /** In order of preference; empty when there is only one way. */
  editions: { name: string; description: string }[];
  /** Roles that `--with` may ask for. */
  optionalRoles: string[];
  steps: { id: string; title: string; edition?: string }[];
}

/** Every packaged scenario, by name. Throws LAB_SCENARIO_INVALID for the first that is broken. */
export async function listScenarios(folders: ScenarioFolders): Promise<ScenarioSummary[]> {
  const names = await scenarioNames(folders);
  const loaded = await Promise.all(names.map((name) => loadScenario(name, folders)));
  return loaded.map(({ scenario }) => summariseScenario(scenario));
}

/** The same of one scenario. */
export function summariseScenario(scenario: Scenario): ScenarioSummary {
  const { name, title, chapter, description, parameters } = scenario;
  return {
    name,
    title,
    chapter,
    description,
    parameters,
    editions: Object.entries(scenario.editions).map(([edition, value]) => ({
      name: edition,
      description: value.description,
    })),
    optionalRoles: scenario.machines.filter((group) => group.optional).map((group) => group.role),
    steps: scenario.steps.map((step) => ({
      id: step.id,
      title: step.title,
      ...(step.edition === undefined ? {} : { edition: step.edition }),
    })),
  };
}
