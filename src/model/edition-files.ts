import type { ArtifactFile, Scenario } from './scenario.ts';

/** What an edition puts on the machines before their user-data is applied; nothing without an edition. */
export function editionFiles(scenario: Scenario, edition: string | undefined): readonly ArtifactFile[] {
  return edition === undefined ? [] : (scenario.editions[edition]?.install ?? []);
}
