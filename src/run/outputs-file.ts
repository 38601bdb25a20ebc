import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { createPrivateDirectory, writeFileAtomically } from '../io/files.ts';
import { readIfThere } from '../io/read-if-there.ts';
import { EnvironmentError } from '../model/errors.ts';
import { explainUnwritable } from '../state/state-error.ts';
import {
  playSettingSchema,
  recordedOutputSchema,
  type PlaySetting,
  type RecordedOutput,
  type StepOutputs,
} from './recorded-output.ts';

const outputsSchema = z.object({
  version: z.literal(1),
  setting: playSettingSchema,
  steps: z.record(z.string(), z.array(recordedOutputSchema)),
});

/** What the steps of a lab printed when each was last played and passed; undefined where none was. Throws LAB_STATE_INVALID. */
export async function loadOutputs(labDir: string): Promise<StepOutputs | undefined> {
  const path = outputsPath(labDir);
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    const { setting, steps } = outputsSchema.parse(JSON.parse(text));
    return { setting, steps };
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new EnvironmentError('LAB_STATE_INVALID', `The outputs in ${path} cannot be used: ${reason}.`, {
      hint: 'Remove that file, then `lab play` writes it anew.',
      cause: error,
    });
  }
}

/**
 * Keeps what a step printed, atomically, readable by its owner only. What was printed with another setting goes: it
 * says nothing of the lab as it is now. Throws LAB_STATE_UNWRITABLE.
 */
export async function saveOutputs(
  labDir: string,
  setting: PlaySetting,
  step: string,
  outputs: readonly RecordedOutput[],
): Promise<void> {
  const path = outputsPath(labDir);
  // A file that cannot be read holds nothing that could be kept.
  const before = await loadOutputs(labDir).catch(() => undefined);
  const kept = before !== undefined && isDeepStrictEqual(before.setting, setting) ? before.steps : {};
  const content = { version: 1, setting, steps: { ...kept, [step]: outputs } };
  try {
    await createPrivateDirectory(dirname(path));
    await writeFileAtomically(path, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  } catch (error) {
    throw explainUnwritable(error, path);
  }
}

function outputsPath(labDir: string): string {
  return join(labDir, 'outputs.json');
}
