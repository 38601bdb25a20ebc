import { resolve } from 'node:path';
import { MirrorFolder } from '../../artifacts/mirror-folder.ts';
import { loadScenario } from '../../load/load-scenario.ts';
import { resolveParameters } from '../../load/parameters.ts';
import { count } from '../../model/count.ts';
import { EnvironmentError, LabError } from '../../model/errors.ts';
import { askedEdition } from '../asked-edition.ts';
import { askedRoles } from '../asked-roles.ts';
import { boxOptions } from '../box-source.ts';
import { chooseProvider } from '../choose-provider.ts';
import type { CommandInput } from '../command-input.ts';
import { labNeeds, type LabChoice } from '../lab-needs.ts';
import { packageFolders } from '../package-folders.ts';
import { Prefetching } from '../prefetching.ts';
import { print } from '../print.ts';
import { scenarioFlags } from '../scenario-flags.ts';
import { createTools } from '../tools.ts';

export interface PrefetchFlags {
  provider?: string;
  edition?: string;
  set?: string[];
  with?: string[];
  to?: string;
}

/**
 * `lab prefetch`: all that a lab needs from elsewhere, into the cache, or with --to into a folder for LAB_MIRROR. What is
 * there already is not fetched again, and one thing that cannot be had does not keep the others from being fetched.
 */
export async function prefetch(name: string, flags: PrefetchFlags, { signal }: CommandInput): Promise<void> {
  const tools = createTools();
  const { scenario } = await loadScenario(name, packageFolders);
  const asked = askedEdition(scenario, flags.edition ?? 'auto');
  const given = scenarioFlags([], flags.set);
  const provider = chooseProvider(flags.provider ?? 'auto', undefined, tools).provider.name;
  const choice = {
    scenario,
    provider,
    parameters: resolveParameters(scenario, given, process.env, provider),
    roles: askedRoles(scenario, flags.with ?? []),
  };
  const folder = flags.to === undefined ? undefined : await MirrorFolder.open(resolve(flags.to), talk);
  const prefetching = new Prefetching({
    tools,
    sources: boxOptions(tools, talk, signal),
    folder,
    onReady: print,
  });
  const failures = await fetchAll(prefetching, choice, asked);
  if (folder !== undefined) {
    const files = await folder.writeSums();
    print(`${folder.path}: ${count(files, 'file')}, listed in SHA256SUMS`);
    if (failures.length === 0) {
      print(`On another computer: LAB_MIRROR=${folder.path} lab up ${name} --provider ${provider}`);
    }
  }
  report(failures, name);
}

type Choice = Omit<LabChoice, 'edition'>;

/** What could not be had. */
async function fetchAll(prefetching: Prefetching, choice: Choice, asked: string): Promise<LabError[]> {
  const failures: LabError[] = [];
  const attempt = async (work: Promise<void>): Promise<boolean> => {
    try {
      await work;
      return true;
    } catch (error) {
      if (!canGoOnAfter(error)) throw error;
      failures.push(error);
      talk(error.message);
      return false;
    }
  };
  const common = labNeeds({ ...choice, edition: undefined });
  for (const box of common.boxes) await attempt(prefetching.box(box));
  if (common.nodeImage) await prefetching.rootfs();
  for (const [name, artifact] of common.artifacts) await attempt(prefetching.artifact(name, artifact));
  // As `lab up` does: the first edition whose parts can be had, and the last where none can.
  const editions = asked === 'auto' ? Object.keys(choice.scenario.editions) : [asked];
  for (const [index, edition] of editions.entries()) {
    const before = failures.length;
    const { artifacts } = labNeeds({ ...choice, edition });
    const own = [...artifacts].filter(([name]) => !common.artifacts.has(name));
    for (const [name, artifact] of own) await attempt(prefetching.artifact(name, artifact));
    const missing = failures.slice(before);
    if (missing.length === 0) break;
    const next = editions[index + 1];
    if (next === undefined || missing.some((error) => error.code !== 'LAB_ARTIFACT_UNAVAILABLE')) break;
    failures.length = before;
    talk(
      `The ${edition} edition is not complete; going on with ${next}. --edition ${edition} insists on it.`,
    );
  }
  return failures;
}

/** Whether what comes next may still be had. */
function canGoOnAfter(error: unknown): error is LabError {
  const codes = ['LAB_ARTIFACT_UNAVAILABLE', 'LAB_ARTIFACT_CHECKSUM', 'LAB_BOX_MISSING'];
  return error instanceof LabError && codes.includes(error.code);
}

/** Throws the failure, or LAB_OFFLINE_INCOMPLETE with all of them. */
function report(failures: readonly LabError[], name: string): void {
  const [first, ...others] = failures;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  throw new EnvironmentError(
    'LAB_OFFLINE_INCOMPLETE',
    `Not all that ${name} needs could be fetched:`,
    { hint: 'Run the same command again: what is there is not fetched again.' },
    failures.map(({ code, message, details }) => ({
      code,
      severity: 'error',
      message,
      fix: details.hint ?? '',
    })),
  );
}

function talk(line: string): void {
  process.stderr.write(`${line}\n`);
}
