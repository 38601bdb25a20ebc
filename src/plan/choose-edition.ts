import type { Facts } from '../model/facts.ts';
import type { Edition, Scenario } from '../model/scenario.ts';

export interface EditionChoice {
  name: string;
  reason: string;
  /** An artifact of the edition that is known not to be obtainable. */
  missingArtifact?: string;
}

/** The edition of the scenario to run: the one that the lab has, else the one asked for, else the first whose needs are met. Undefined: the scenario has none. */
export function chooseEdition(
  scenario: Scenario,
  asked: string,
  recorded: string | undefined,
  facts: Pick<Facts, 'provider' | 'artifacts'>,
): EditionChoice | undefined {
  if (recorded !== undefined)
    return { name: recorded, reason: `edition ${recorded}: the lab has it already` };
  const editions = Object.entries(scenario.editions);
  const obstacles = editions.map(([name, edition]) => ({
    name,
    edition,
    obstacle: obstacle(edition, facts),
  }));
  const named = obstacles.find((entry) => entry.name === asked);
  if (named !== undefined) {
    const missing = named.edition.install.find((file) => facts.artifacts[file.artifact] === 'no')?.artifact;
    return {
      name: named.name,
      reason: `edition ${named.name}: asked for`,
      ...(missing === undefined ? {} : { missingArtifact: missing }),
    };
  }
  const usable = obstacles.find((entry) => entry.obstacle === undefined) ?? obstacles.at(-1);
  if (usable === undefined) return undefined;
  const passedOver = obstacles
    .slice(0, obstacles.indexOf(usable))
    .map((entry) => `not ${entry.name} because ${entry.obstacle ?? ''}`);
  const why = passedOver.length > 0 ? passedOver.join(', ') : 'its parts can be had';
  return { name: usable.name, reason: `edition ${usable.name} (${usable.edition.description}): ${why}` };
}

function obstacle(edition: Edition, facts: Pick<Facts, 'provider' | 'artifacts'>): string | undefined {
  const { architecture } = facts.provider;
  if (edition.architectures !== undefined && !edition.architectures.includes(architecture)) {
    return `it is made for ${edition.architectures.join(' and ')} and the machines are ${architecture}`;
  }
  const missing = edition.install.find((file) => facts.artifacts[file.artifact] !== 'yes');
  if (missing === undefined) return undefined;
  return `its archive (${missing.artifact}) is neither in the cache nor in LAB_MIRROR`;
}
