import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { createPrivateDirectory, syncDirectory, writeFileAtomically } from '../io/files.ts';
import { readIfThere } from '../io/read-if-there.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError } from '../model/errors.ts';
import { labStateSchema } from '../model/lab-state.ts';
import { explainUnwritable } from './state-error.ts';

const { steps, generation, hostKeys } = labStateSchema.shape;

const checkpointSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  /** ISO 8601. */
  savedAt: z.string(),
  /** The machines that were saved, with the provider's ids: one that was made again has none of its snapshots. */
  machines: z.array(z.object({ name: z.string(), id: z.string() })),
  steps,
  generation,
  hostKeys,
});

/**
 * The lab's part of a checkpoint: what its state said of the machines that were saved. Written last and removed first:
 * snapshots without it are no checkpoint.
 */
export type CheckpointRecord = z.infer<typeof checkpointSchema>;

/** A name that is a file name on every system and a word in every shell. */
export const checkpointName = /^[a-z0-9][a-z0-9._-]{0,39}$/;

const suffix = '.json';

/** The checkpoint of that name, or undefined where there is none. Throws LAB_STATE_INVALID. */
export async function loadCheckpoint(labDir: string, name: string): Promise<CheckpointRecord | undefined> {
  const path = checkpointPath(labDir, name);
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return checkpointSchema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new EnvironmentError('LAB_STATE_INVALID', `The checkpoint in ${path} cannot be used: ${reason}.`, {
      hint: `\`lab checkpoint delete ${name}\` removes it.`,
      cause: error,
    });
  }
}

/** Names of the lab's checkpoints, in alphabetical order. */
export async function checkpointNames(labDir: string): Promise<string[]> {
  try {
    const files = await readdir(checkpointsDir(labDir));
    const names = files.filter((file) => file.endsWith(suffix)).map((file) => file.slice(0, -suffix.length));
    return names.filter((name) => checkpointName.test(name)).sort();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Throws LAB_STATE_UNWRITABLE; an older file of that name is then still there. */
export async function saveCheckpoint(labDir: string, record: CheckpointRecord): Promise<void> {
  const path = checkpointPath(labDir, record.name);
  try {
    await createPrivateDirectory(checkpointsDir(labDir));
    await writeFileAtomically(path, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  } catch (error) {
    throw explainUnwritable(error, path);
  }
}

/** Durable when it resolves. Does nothing where there is none of that name. Throws LAB_STATE_UNWRITABLE. */
export async function removeCheckpoint(labDir: string, name: string): Promise<void> {
  const path = checkpointPath(labDir, name);
  try {
    await rm(path);
    await syncDirectory(checkpointsDir(labDir));
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw explainUnwritable(error, path);
  }
}

function checkpointsDir(labDir: string): string {
  return join(labDir, 'checkpoints');
}

function checkpointPath(labDir: string, name: string): string {
  return join(checkpointsDir(labDir), `${name}${suffix}`);
}
