import { didYouMean } from '../load/did-you-mean.ts';
import type { LoadedScenario } from '../load/load-scenario.ts';
import { UsageError } from '../model/errors.ts';
import type { LabState } from '../model/lab-state.ts';
import { rememberSecrets } from '../run/mask-secrets.ts';
import { labPaths } from '../state/lab-home.ts';
import { listLabs, loadState } from '../state/state-file.ts';
import { packageFolders } from './package-folders.ts';
import type { Tools } from './tools.ts';

export interface OpenLab {
  state: LabState;
  loaded: LoadedScenario;
}

/** The lab of that name, or the only one there is. Throws LAB_NOT_UP or LAB_USAGE. */
export async function labName(name: string | undefined, { home }: Tools): Promise<string> {
  const labs = await listLabs(home);
  if (name !== undefined) {
    if (labs.includes(name)) return name;
    const suggestion = didYouMean(name, labs);
    throw new UsageError('LAB_NOT_UP', `There is no lab "${name}".`, {
      hint:
        suggestion === undefined
          ? 'Run `lab status` to see the labs that are there.'
          : `Did you mean ${suggestion}?`,
    });
  }
  const [only, ...others] = labs;
  if (only === undefined)
    throw new UsageError('LAB_NOT_UP', 'There is no lab.', { hint: 'Run `lab up coreos`.' });
  if (others.length === 0) return only;
  throw new UsageError('LAB_USAGE', `There are several labs: ${labs.join(', ')}.`, {
    hint: 'Name one of them.',
  });
}

/** State of a lab. Throws LAB_NOT_UP or LAB_STATE_INVALID. */
export async function openState(name: string | undefined, tools: Tools): Promise<LabState> {
  const lab = await labName(name, tools);
  const state = await loadState(labPaths(tools.home, lab).state);
  if (state !== undefined) return state;
  throw new UsageError('LAB_NOT_UP', `Lab ${lab} was not brought up to its end and has no state.`, {
    hint: `\`lab up ${lab}\` goes on, \`lab destroy ${lab}\` removes what is there.`,
  });
}

/** States of several labs, and the errors of those that cannot be read. */
export async function openStates(
  labs: readonly string[],
  tools: Tools,
): Promise<{ states: LabState[]; errors: unknown[] }> {
  const outcomes = await Promise.allSettled(labs.map((lab) => openState(lab, tools)));
  return {
    states: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
    errors: outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : [])),
  };
}

/** A lab with its scenario. */
export async function openLab(name: string | undefined, tools: Tools): Promise<OpenLab> {
  const state = await openState(name, tools);
  // Loaded when it is needed: `lab status` and `lab ssh` read no scenario.
  const { loadScenario } = await import('../load/load-scenario.ts');
  const loaded = await loadScenario(state.scenario, packageFolders);
  rememberSecrets(loaded.scenario, state.parameters);
  return { state, loaded };
}
