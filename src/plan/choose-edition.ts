import { editionArtifacts } from '../model/edition-artifacts.ts';
import type { Problem } from '../model/errors.ts';
import type { Facts } from '../model/facts.ts';
import { filesToInstall } from '../model/files-to-install.ts';
import type { Edition, Scenario } from '../model/scenario.ts';

export interface EditionChoice {
  name: string;
  reason: string;
  /** Why it cannot be run here. An edition that was chosen has none but what every edition needs; that of a lab that is there has none. */
  problems: Problem[];
}

/** The edition of the scenario to run: the one that the lab has, else the one asked for, else the first whose needs are met. Undefined: the scenario has none. */
export function chooseEdition(
  scenario: Scenario,
  asked: string,
  recorded: string | undefined,
  facts: Pick<Facts, 'provider' | 'artifacts'>,
): EditionChoice | undefined {
  if (recorded !== undefined)
    return { name: recorded, reason: `edition ${recorded}: the lab has it already`, problems: [] };
  const editions = Object.entries(scenario.editions);
  const obstacles = editions.map(([name, edition]) => ({
    name,
    edition,
    obstacle: obstacle(scenario, name, edition, facts),
  }));
  const named = obstacles.find((entry) => entry.name === asked);
  if (named !== undefined) {
    const { name, edition } = named;
    return {
      name,
      reason: `edition ${name}: asked for`,
      problems: [...wrongArchitecture(name, edition, facts), ...missingArtifacts(scenario, name, facts)],
    };
  }
  // Where none is, the preferred one says at its own place what it lacks.
  const usable =
    obstacles.find((entry) => entry.obstacle === undefined) ??
    obstacles.find(({ name, edition }) => wrongArchitecture(name, edition, facts).length === 0) ??
    obstacles[0];
  if (usable === undefined) return undefined;
  const passedOver = obstacles
    .slice(0, obstacles.indexOf(usable))
    .map((entry) => `not ${entry.name} because ${entry.obstacle ?? ''}`);
  const why =
    usable.obstacle !== undefined
      ? `the preferred one; ${usable.obstacle}`
      : passedOver.length > 0
        ? passedOver.join(', ')
        : 'its parts can be had';
  return {
    name: usable.name,
    reason: `edition ${usable.name} (${usable.edition.description}): ${why}`,
    // What every edition needs is no reason to choose another.
    problems: [
      ...wrongArchitecture(usable.name, usable.edition, facts),
      ...missingArtifacts(scenario, usable.name, facts),
    ],
  };
}

function obstacle(
  scenario: Scenario,
  name: string,
  edition: Edition,
  facts: Pick<Facts, 'provider' | 'artifacts'>,
): string | undefined {
  const { architecture, name: provider } = facts.provider;
  if (edition.architectures !== undefined && !edition.architectures.includes(architecture)) {
    return `it is made for ${edition.architectures.join(' and ')} and the machines are ${architecture}`;
  }
  const missing = editionArtifacts(scenario, name, provider).find(
    (artifact) => facts.artifacts[artifact] !== 'yes',
  );
  if (missing === undefined) return undefined;
  return `its archive (${missing}) is neither in the cache nor in LAB_MIRROR`;
}

function wrongArchitecture(
  name: string,
  { architectures }: Edition,
  { provider }: Pick<Facts, 'provider'>,
): Problem[] {
  if (architectures === undefined || architectures.includes(provider.architecture)) return [];
  return [
    {
      code: 'LAB_PROVIDER_UNSUPPORTED',
      severity: 'error',
      message: `The ${name} edition is made for ${architectures.join(' and ')} and the machines are ${provider.architecture}.`,
      fix: 'Leave --edition out to get one that works here.',
    },
  ];
}

function missingArtifacts(
  scenario: Scenario,
  name: string,
  { artifacts, provider }: Pick<Facts, 'artifacts' | 'provider'>,
): Problem[] {
  const files = filesToInstall(scenario, name, provider.name);
  const missing = new Set(
    files.map((file) => file.artifact).filter((artifact) => artifacts[artifact] === 'no'),
  );
  return [...missing].flatMap((artifact) => {
    const definition = scenario.artifacts[artifact];
    if (definition === undefined) return [];
    const who = scenario.editions[name]?.install.some((file) => file.artifact === artifact)
      ? `The ${name} edition`
      : `${scenario.name} on ${provider.name}`;
    const message = `${who} needs ${definition.url}, which cannot be had here.`;
    return [
      { code: 'LAB_ARTIFACT_UNAVAILABLE', severity: 'error', message, fix: definition.obtain } as const,
    ];
  });
}
