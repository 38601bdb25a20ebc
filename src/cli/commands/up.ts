import { loadScenario } from '../../load/load-scenario.ts';
import { assertReporters } from '../../report/create-reporters.ts';
import { formatPlan } from '../../report/plan-text.ts';
import type { CommandInput } from '../command-input.ts';
import { holdLab } from '../hold-lab.ts';
import { packageFolders } from '../package-folders.ts';
import { planLab, type LabOptions } from '../plan-lab.ts';
import { planToBegin } from '../plan-to-begin.ts';
import { print, printJson } from '../print.ts';
import { reporterSpecs } from '../report-flags.ts';
import { runSession } from '../run-session.ts';
import { scenarioFlags } from '../scenario-flags.ts';
import { createTools } from '../tools.ts';

interface UpOptions extends LabOptions {
  dryRun?: true;
}

/** `lab up`: makes what is missing of a lab and plays its chapter. */
export async function up(
  name: string,
  options: UpOptions,
  words: readonly string[],
  { signal, setExitCode, atWorkOn }: CommandInput,
): Promise<void> {
  await assertReporters(reporterSpecs(options));
  const tools = createTools();
  const given = scenarioFlags(words, options.set);
  const loaded = await loadScenario(name, packageFolders);
  if (options.dryRun) {
    const { plan } = await planLab(loaded, options, given, tools, signal);
    if (options.json) printJson(plan);
    else print(formatPlan(plan));
    return;
  }
  await holdLab(loaded.scenario.name, 'up', tools, async () => {
    const { plan, session } = await planToBegin(loaded, options, given, tools, signal);
    atWorkOn(loaded.scenario.name);
    setExitCode(await runSession({ ...session, plan, flags: options, signal, tools }));
  });
}
