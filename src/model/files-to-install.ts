import type { ArtifactFile, Scenario } from './scenario.ts';

/**
 * What is put on the machines of the discovery role before their user-data is applied: what the scenario asks for
 * whatever the edition, then what the edition does; without what is for other providers.
 */
export function filesToInstall(
  scenario: Scenario,
  edition: string | undefined,
  provider: string,
): readonly ArtifactFile[] {
  const ofEdition = edition === undefined ? [] : (scenario.editions[edition]?.install ?? []);
  return [...scenario.install, ...ofEdition].filter((file) => isFor(file, provider));
}

/** Whether a file is put on the machines of a provider. */
export function isFor({ providers }: ArtifactFile, provider: string): boolean {
  return providers === undefined || providers.some((name) => name === provider);
}
