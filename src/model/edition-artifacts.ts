import { isFor } from './files-to-install.ts';
import type { Scenario } from './scenario.ts';

/** The artifacts that only this edition needs: those that it installs, and those of the steps that are only its own. */
export function editionArtifacts(scenario: Scenario, edition: string, provider: string): readonly string[] {
  const installed = (scenario.editions[edition]?.install ?? []).filter((file) => isFor(file, provider));
  const ofSteps = scenario.steps.filter((step) => step.edition === edition).flatMap((step) => step.artifacts);
  return [...new Set([...installed.map((file) => file.artifact), ...ofSteps])];
}
