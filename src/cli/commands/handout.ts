import { writeFile } from 'node:fs/promises';
import { UsageError } from '../../model/errors.ts';
import type { Scenario } from '../../model/scenario.ts';
import { loadScenario, type LoadedScenario } from '../../load/load-scenario.ts';
import { resolveParameters } from '../../load/parameters.ts';
import { systemErrorCode } from '../../io/system-error.ts';
import { handoutHtml } from '../../report/handout-html.ts';
import { handoutMarkdown } from '../../report/handout-markdown.ts';
import { handoutPage } from '../../report/handout-page.ts';
import { rememberSecrets } from '../../run/mask-secrets.ts';
import { loadRecording, recordingPath } from '../../run/recording-file.ts';
import type { StepOutputs } from '../../run/recorded-output.ts';
import { explainUnwritable } from '../../state/state-error.ts';
import { askedEdition } from '../asked-edition.ts';
import { handoutSource } from '../handout-source.ts';
import { packageFolders } from '../package-folders.ts';
import { print } from '../print.ts';
import { scenarioFlags } from '../scenario-flags.ts';

export interface HandoutOptions {
  format: string;
  out?: string;
  edition?: string;
  set?: string[];
}

const formats = { md: handoutMarkdown, html: handoutHtml };

/** `lab handout`: the tutorial as a page. Needs no lab: outputs are those of the recording. */
export async function handout(
  name: string,
  options: HandoutOptions,
  words: readonly string[],
): Promise<void> {
  const { format } = options;
  if (format !== 'md' && format !== 'html') {
    throw new UsageError('LAB_USAGE', `There is no format "${format}".`, { hint: 'Choose md or html.' });
  }
  const loaded = await loadScenario(name, packageFolders);
  const given = scenarioFlags(words, options.set);
  const { edition, recording } = await chooseEdition(loaded, options.edition);
  // The environment of whoever writes the page says nothing of those who read it.
  const parameters = resolveParameters(loaded.scenario, given, {});
  rememberSecrets(loaded.scenario, parameters);
  const text = formats[format](handoutPage(await handoutSource(loaded, edition, parameters, recording)));
  if (options.out === undefined) {
    print(text);
    return;
  }
  try {
    await writeFile(options.out, text);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' || systemErrorCode(error) === 'EISDIR') {
      throw new UsageError(
        'LAB_USAGE',
        `The file ${options.out} cannot be written: ${(error as Error).message}.`,
      );
    }
    throw explainUnwritable(error, options.out);
  }
}

/** The edition asked for; else the first that has a recording; else the first. */
async function chooseEdition(
  { scenario, file }: LoadedScenario,
  asked = 'auto',
): Promise<{ edition: string | undefined; recording: StepOutputs | undefined }> {
  const known = editionsOf(scenario);
  const wanted = askedEdition(scenario, asked);
  for (const edition of wanted === 'auto' ? known : [wanted]) {
    const recording = await loadRecording(recordingPath(file, scenario.name, edition));
    if (recording !== undefined || wanted !== 'auto') return { edition, recording };
  }
  return { edition: known[0], recording: undefined };
}

function editionsOf({ editions }: Scenario): (string | undefined)[] {
  const names = Object.keys(editions);
  return names.length === 0 ? [undefined] : names;
}
