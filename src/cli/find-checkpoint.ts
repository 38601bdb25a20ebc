import { didYouMean } from '../load/did-you-mean.ts';
import { UsageError } from '../model/errors.ts';
import { checkpointName } from '../state/checkpoint-file.ts';
import type { CheckpointSummary } from './summarise-checkpoints.ts';

const listHint = '`lab checkpoint list` shows what there is.';

/** Throws LAB_USAGE for what cannot be the name of a checkpoint. */
export function assertCheckpointName(name: string): void {
  if (checkpointName.test(name)) return;
  throw new UsageError('LAB_USAGE', `"${name}" cannot be the name of a checkpoint.`, {
    hint: 'Use up to 40 lower-case letters, digits, dots, hyphens and underscores; the first a letter or a digit.',
  });
}

/** Throws LAB_CHECKPOINT_UNKNOWN. */
export function findCheckpoint(name: string, summaries: readonly CheckpointSummary[]): CheckpointSummary {
  const found = summaries.find((summary) => summary.name === name);
  if (found !== undefined) return found;
  const suggestion = didYouMean(
    name,
    summaries.map((summary) => summary.name),
  );
  throw new UsageError('LAB_CHECKPOINT_UNKNOWN', `The lab has no checkpoint "${name}".`, {
    hint: suggestion === undefined ? listHint : `Did you mean ${suggestion}?`,
  });
}

/** Throws LAB_CHECKPOINT_UNKNOWN also for one that cannot be restored on all machines, saying which and why. */
export function findWholeCheckpoint(
  name: string,
  summaries: readonly CheckpointSummary[],
): CheckpointSummary {
  const found = findCheckpoint(name, summaries);
  if (found.problem === undefined) return found;
  throw new UsageError('LAB_CHECKPOINT_UNKNOWN', `Checkpoint ${name} cannot be restored: ${found.problem}.`, {
    hint: listHint,
  });
}
