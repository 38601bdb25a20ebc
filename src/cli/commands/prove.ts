import { rm } from 'node:fs/promises';
import { loadScenario } from '../../load/load-scenario.ts';
import { InterruptedError, UsageError } from '../../model/errors.ts';
import type { Plan, Task } from '../../model/plan.ts';
import { assertReporters } from '../../report/create-reporters.ts';
import { proveStep } from '../../run/handlers/prove-step.ts';
import { removeProvedLab } from '../../run/handlers/remove-proved-lab.ts';
import { playSetting, settingDifference, type StepOutputs } from '../../run/recorded-output.ts';
import { loadRecording, recordingPath } from '../../run/recording-file.ts';
import type { CarriesOn } from '../../run/runner.ts';
import { proofLogPath } from '../../state/lab-home.ts';
import { listLabs } from '../../state/state-file.ts';
import type { CommandInput } from '../command-input.ts';
import { holdLab } from '../hold-lab.ts';
import { packageFolders } from '../package-folders.ts';
import type { LabOptions } from '../plan-lab.ts';
import { planToBegin } from '../plan-to-begin.ts';
import { reporterSpecs } from '../report-flags.ts';
import { runSession, type SessionRequest } from '../run-session.ts';
import { scenarioFlags } from '../scenario-flags.ts';
import { createTools, type Tools } from '../tools.ts';

interface ProveOptions extends LabOptions {
  /** False with --no-mutations. */
  mutations: boolean;
  keep?: true;
}

/** `lab prove`: brings a lab up, proves of each step what its scenario claims, and removes the lab. */
export async function prove(
  name: string,
  options: ProveOptions,
  words: readonly string[],
  input: CommandInput,
): Promise<void> {
  await assertReporters(reporterSpecs(options));
  const tools = createTools();
  const given = scenarioFlags(words, options.set);
  const loaded = await loadScenario(name, packageFolders);
  const lab = loaded.scenario.name;
  await holdLab(lab, 'prove', tools, async () => {
    await assertAbsent(lab, tools);
    const keep = options.keep === true;
    const signal = keep ? input.signal : removingSignal(input.signal);
    const { plan, session } = await planToBegin(loaded, options, given, tools, signal);
    const { recording, warnings } = await recordingFor(session);
    const logPath = proofLogPath(tools.home, lab);
    // A log is appended to; that of an earlier proof is of no use any more.
    await rm(logPath, { force: true });
    input.atWorkOn(lab);
    const code = await runSession({
      ...session,
      plan: proofPlan({ ...plan, warnings: [...plan.warnings, ...warnings] }, keep),
      flags: options,
      signal,
      tools,
      overrides: {
        step: proveStep({ mutations: options.mutations, recording }),
        'remove-lab': removeProvedLab,
      },
      carriesOn,
      logPath,
    });
    if (code === 0) await rm(logPath, { force: true });
    input.setExitCode(code);
  });
}

/** A proof begins with nothing, and removes what it made: somebody's lab is not for that. Throws LAB_EXISTS. */
async function assertAbsent(lab: string, { home }: Tools): Promise<void> {
  if (!(await listLabs(home)).includes(lab)) return;
  throw new UsageError('LAB_EXISTS', `There is a lab ${lab}, and a proof begins with none.`, {
    hint: `Remove it with \`lab destroy ${lab}\`, or set LAB_HOME to another folder.`,
  });
}

/** The recording that this lab's output is held against, and why there is none where the one there is does not fit. */
async function recordingFor({
  state,
  scenario,
  scenarioFile,
}: Pick<SessionRequest, 'state' | 'scenario' | 'scenarioFile'>): Promise<{
  recording: StepOutputs | undefined;
  warnings: string[];
}> {
  const path = recordingPath(scenarioFile, scenario.name, state.edition);
  const recording = await loadRecording(path);
  if (recording === undefined) return { recording, warnings: [] };
  const difference = settingDifference(playSetting(state), recording.setting);
  if (difference === undefined) return { recording, warnings: [] };
  const warning = `What is printed is not compared with ${path}: ${difference}.`;
  return { recording: undefined, warnings: [warning] };
}

function proofPlan(plan: Plan, keep: boolean): Plan {
  const title = 'Remove the lab';
  const removal: Task[] = keep ? [] : [{ kind: 'remove-lab', id: 'remove-lab', title }];
  return { ...plan, command: 'prove', tasks: [...plan.tasks, ...removal] };
}

/** Steps are judged each by itself, and the lab goes whatever became of them. */
const carriesOn: CarriesOn = ({ kind }, after) =>
  kind === 'remove-lab' || (kind === 'step' && after === 'verdict');

/** The signal, with a reason that says what becomes of this lab. */
function removingSignal(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    const { reason } = signal as { reason: unknown };
    const message = reason instanceof Error ? reason.message : 'The run was stopped.';
    const hint = 'The lab is removed. Run the same command to prove from the beginning.';
    controller.abort(new InterruptedError('LAB_INTERRUPTED', message, { hint }));
  };
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
