import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import * as z from 'zod';
import { writeFileAtomically } from '../io/files.ts';
import { readIfThere } from '../io/read-if-there.ts';
import { readYaml } from '../load/yaml-source.ts';
import { EnvironmentError, SourceError } from '../model/errors.ts';
import { playSettingSchema, recordedOutputSchema, type StepOutputs } from './recorded-output.ts';

const recordingSchema = z.strictObject({
  scenario: z.string(),
  ...playSettingSchema.shape,
  steps: z.record(z.string(), z.array(recordedOutputSchema)),
});

const header =
  ' What each step printed when it was played. Written by `lab record --accept`; see docs/reference/recordings.md.';

/** Where the recording of a scenario is: beside its file, for each edition its own. */
export function recordingPath(scenarioFile: string, scenario: string, edition: string | undefined): string {
  const name = edition === undefined ? scenario : `${scenario}.${edition}`;
  return join(dirname(scenarioFile), 'recordings', `${name}.yaml`);
}

/** A recording; undefined where there is none. Throws LAB_SCENARIO_INVALID with what is wrong in the file. */
export async function loadRecording(path: string): Promise<StepOutputs | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const source = readYaml(path, text);
  const parsed = recordingSchema.safeParse(source.data);
  if (source.problems.length === 0 && parsed.success) {
    const { steps, provider, edition, parameters, machines } = parsed.data;
    return {
      setting: { provider, ...(edition === undefined ? {} : { edition }), parameters, machines },
      steps,
    };
  }
  const wrong = (parsed.error?.issues ?? []).map(({ path: place, message }) =>
    source.locate({
      path: place.map((part) => (typeof part === 'number' ? part : String(part))),
      at: 'value',
      message,
    }),
  );
  const problems = source.problems.length > 0 ? source.problems : wrong;
  throw new SourceError('LAB_SCENARIO_INVALID', `The recording ${path} has mistakes.`, problems, {
    hint: '`lab record --accept` writes it anew when the file is gone.',
  });
}

/** Replaces the recording atomically; its folder is made. Throws LAB_REPORT_UNWRITABLE. */
export async function saveRecording(path: string, scenario: string, recording: StepOutputs): Promise<void> {
  const content = { scenario, ...recording.setting, steps: recording.steps };
  const text = stringify(content, { lineWidth: 0, singleQuote: true, aliasDuplicateObjects: false });
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomically(path, `#${header}\n${text}`, { mode: 0o644 });
  } catch (error) {
    const reason = (error as Error).message;
    throw new EnvironmentError(
      'LAB_REPORT_UNWRITABLE',
      `The recording ${path} cannot be written: ${reason}.`,
      {
        hint: 'Copy the scenario and its files to a folder of your own, and play that.',
        cause: error,
      },
    );
  }
}
