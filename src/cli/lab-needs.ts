import type { BoxRequest } from '../model/plan.ts';
import { filesToInstall } from '../model/files-to-install.ts';
import type { Artifact, ParameterValue, ProviderName, Scenario } from '../model/scenario.ts';
import { wantedGroups } from '../plan/expand-machines.ts';
import { selectSteps } from '../plan/select-steps.ts';
import { renderTemplate } from '../provision/render.ts';
import { boxesOf } from '../run/render-box.ts';
import { boxProvider } from './box-source.ts';

/** A lab as it is to be brought up. */
export interface LabChoice {
  scenario: Scenario;
  provider: ProviderName;
  edition: string | undefined;
  parameters: Readonly<Record<string, ParameterValue>>;
  /** Optional machines that are brought up too. */
  roles: readonly string[];
}

/** What has to be fetched for a lab before it can be brought up without internet. */
export interface LabNeeds {
  /** Each once. */
  boxes: BoxRequest[];
  /** By name. */
  artifacts: Map<string, Artifact>;
  /** The node image, or the root file system that it is built on. */
  nodeImage: boolean;
}

/** What the machines are made from, what is put on them, and what the steps put there. */
export function labNeeds({ scenario, provider, edition, parameters, roles }: LabChoice): LabNeeds {
  const groups = wantedGroups(scenario, roles);
  const render = (file: string, source: string, values: Readonly<Record<string, unknown>>): string =>
    renderTemplate({ file, source, values });
  return {
    boxes: provider === boxProvider ? boxesOf(groups, parameters, render) : [],
    artifacts: artifactsOf(scenario, edition, provider),
    nodeImage: provider === 'docker',
  };
}

function artifactsOf(
  scenario: Scenario,
  edition: string | undefined,
  provider: ProviderName,
): Map<string, Artifact> {
  const installed = filesToInstall(scenario, edition, provider).map((file) => file.artifact);
  const played = selectSteps(scenario, edition).flatMap((step) => [
    ...step.artifacts,
    ...step.run.flatMap((action) => ('artifact' in action ? [action.artifact] : [])),
  ]);
  const names = new Set([...installed, ...played]);
  return new Map(Object.entries(scenario.artifacts).filter(([name]) => names.has(name)));
}
