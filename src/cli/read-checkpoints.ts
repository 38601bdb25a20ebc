import { LabError } from '../model/errors.ts';
import type { LabState } from '../model/lab-state.ts';
import type { MachineObservation } from '../model/machine.ts';
import type { Provider } from '../providers/provider.ts';
import { checkpointsOf } from '../run/checkpointed-machines.ts';
import { checkpointNames, loadCheckpoint, type CheckpointRecord } from '../state/checkpoint-file.ts';
import { labDir } from '../state/lab-home.ts';
import { summariseCheckpoints, type CheckpointSummary } from './summarise-checkpoints.ts';
import type { Tools } from './tools.ts';

/** The checkpoints of a lab, from its records and from what its machines have. Throws LAB_CHECKPOINT_UNSUPPORTED. */
export async function readCheckpoints(
  { lab }: Pick<LabState, 'lab'>,
  machines: readonly MachineObservation[],
  provider: Provider,
  { home }: Pick<Tools, 'home'>,
  signal: AbortSignal,
): Promise<CheckpointSummary[]> {
  const present = machines.flatMap(({ name, id }) => (id === undefined ? [] : [{ name, id }]));
  const [records, listed] = await Promise.all([
    readRecords(labDir(home, lab)),
    checkpointsOf(provider).list(present, signal),
  ]);
  return summariseCheckpoints(records, listed, machines);
}

/** One that cannot be read is no checkpoint; it can still be deleted or replaced. */
async function readRecords(folder: string): Promise<CheckpointRecord[]> {
  const names = await checkpointNames(folder);
  const records = await Promise.all(
    names.map((name) =>
      loadCheckpoint(folder, name).catch((error: unknown) => {
        if (error instanceof LabError && error.code === 'LAB_STATE_INVALID') return undefined;
        throw error;
      }),
    ),
  );
  return records.filter((record) => record !== undefined);
}
