import { styleText } from 'node:util';
import { UsageError } from '../../model/errors.ts';
import type { CheckResult } from '../../model/event.ts';
import type { LabState } from '../../model/lab-state.ts';
import type { Scenario, Step } from '../../model/scenario.ts';
import { expandMachines } from '../../plan/expand-machines.ts';
import { selectSteps } from '../../plan/select-steps.ts';
import { renderTemplate } from '../../provision/render.ts';
import { acceptOutputs } from '../../run/accept-outputs.ts';
import { bookDifference, driftOf, formatRows } from '../../run/output-drift.ts';
import { loadOutputs } from '../../run/outputs-file.ts';
import { settingDifference, type StepOutputs } from '../../run/recorded-output.ts';
import { loadRecording, recordingPath, saveRecording } from '../../run/recording-file.ts';
import type { Paint } from '../../report/format-problem.ts';
import { printable } from '../../report/printable.ts';
import { labPaths } from '../../state/lab-home.ts';
import type { CommandInput } from '../command-input.ts';
import { openLab, type OpenLab } from '../open-lab.ts';
import { print, printJson } from '../print.ts';
import { createTools, type Tools } from '../tools.ts';

export interface RecordOptions {
  step?: string[];
  accept?: true;
  json?: true;
}

interface StepReport {
  id: string;
  title: string;
  /** `new`: the recording does not have the step. */
  status: 'same' | 'drifted' | 'new' | 'not played';
  /** The book's output against today's, unified. */
  book?: string;
  /** Each output that was compared. */
  results: CheckResult[];
}

/** `lab record`: the outputs of the last play against the recording and the book. Changes nothing but the recording. */
export async function record(
  name: string | undefined,
  options: RecordOptions,
  { setExitCode }: CommandInput,
): Promise<void> {
  const tools = createTools();
  const lab = await openLab(name, tools);
  const { state, loaded } = lab;
  const steps = selectSteps(loaded.scenario, state.edition);
  const asked =
    options.step === undefined ? steps : selectSteps(loaded.scenario, state.edition, { only: options.step });
  const played = await playedSteps(lab, tools);
  const path = recordingPath(loaded.file, loaded.scenario.name, state.edition);
  const recording = await loadRecording(path);
  if (recording !== undefined && !replacesAll(options)) assertComparable(played, recording, path);
  const comparable =
    recording === undefined || settingDifference(played.setting, recording.setting) === undefined;
  const reports = asked.map((step) => report(step, played, comparable ? recording : undefined));
  const drifted = reports.some(({ status }) => status === 'drifted' || status === 'new');
  if (options.accept && (drifted || !comparable)) {
    const ids = asked.map(({ id }) => id);
    const addresses = preferredAddresses(loaded.scenario, loaded.file, state);
    await saveRecording(path, loaded.scenario.name, acceptOutputs(steps, ids, played, recording, addresses));
  }
  const verdict = verdictOf(path, recording !== undefined, drifted || !comparable, options);
  if (options.json) {
    const { edition } = state;
    printJson({
      lab: state.lab,
      edition,
      recording: path,
      recorded: recording !== undefined,
      drifted,
      steps: reports,
    });
  } else print([...reports.flatMap((one) => describe(one, paint)), verdict].join('\n'));
  setExitCode(drifted && !options.accept ? 1 : 0);
}

/** All that the last play printed becomes the recording, whatever it was before. */
function replacesAll({ accept, step }: RecordOptions): boolean {
  return accept === true && step === undefined;
}

/** Outputs of the steps that passed. Throws LAB_NOT_UP where there are none. */
async function playedSteps({ state }: OpenLab, { home }: Tools): Promise<StepOutputs> {
  const outputs = await loadOutputs(labPaths(home, state.lab).dir);
  const passed = Object.entries(outputs?.steps ?? {}).filter(([id]) => state.steps[id]?.status === 'passed');
  if (outputs !== undefined && passed.length > 0) return { ...outputs, steps: Object.fromEntries(passed) };
  throw new UsageError(
    'LAB_NOT_UP',
    `No step of lab ${state.lab} has been played, so that there are no outputs.`,
    {
      hint: `\`lab play ${state.lab}\` plays the chapter.`,
    },
  );
}

function assertComparable(played: StepOutputs, recording: StepOutputs, path: string): void {
  const difference = settingDifference(played.setting, recording.setting);
  if (difference === undefined) return;
  throw new UsageError('LAB_RECORDING_OTHER', `The recording ${path} is of another lab: ${difference}.`, {
    hint: 'Bring the lab up as the recording says, or `lab record --accept` to replace it.',
  });
}

function report(step: Step, played: StepOutputs, recording: StepOutputs | undefined): StepReport {
  const { id, title } = step;
  if (played.steps[id] === undefined) return { id, title, status: 'not played', results: [] };
  const book = bookDifference(step, played);
  const shown = book === undefined ? {} : { book: formatRows(book) };
  if (recording?.steps[id] === undefined) return { id, title, status: 'new', ...shown, results: [] };
  const results = driftOf(step, played, recording);
  const status = results.some((result) => result.status === 'failed') ? 'drifted' : 'same';
  return { id, title, status, ...shown, results };
}

/** Addresses as they would be on the network that the scenario prefers. */
function preferredAddresses(scenario: Scenario, file: string, state: LabState): Record<string, string> {
  const machines = expandMachines(scenario, state.parameters, state.with, scenario.subnet, (source, values) =>
    renderTemplate({ file, source, values }),
  );
  return Object.fromEntries(machines.map(({ name, address }) => [name, address]));
}

const paint: Paint = (style, text) =>
  process.stdout.isTTY && process.env['NO_COLOR'] === undefined ? styleText(style, text) : text;

const says: Readonly<Record<StepReport['status'], string>> = {
  same: 'as recorded',
  drifted: 'not as recorded',
  new: 'not in the recording',
  'not played': 'has not been played',
};

function describe({ id, title, status, book, results }: StepReport, color: Paint): string[] {
  const failed = results.filter((result) => result.status === 'failed');
  const isWell = status === 'same' || status === 'not played';
  return [
    `${color('bold', id)}: ${title}: ${color(isWell ? 'green' : 'red', says[status])}`,
    ...(book === undefined || book === ''
      ? []
      : ['    --- the book', '    +++ today', ...indented(book, color)]),
    ...failed.flatMap(({ title: what, machine, actual }) => [
      `  ${what}${machine === undefined ? '' : ` (${machine})`}: no`,
      ...(/^@@|\n@@/.test(actual) ? ['    --- recorded', '    +++ today'] : []),
      ...indented(actual, color),
    ]),
    '',
  ];
}

function indented(text: string, color: Paint): string[] {
  const style = (line: string): string => {
    if (line.startsWith('@@')) return color('cyan', line);
    if (line.startsWith('-')) return color('red', line);
    return line.startsWith('+') ? color('green', line) : line;
  };
  return printable(text)
    .split('\n')
    .map((line) => `    ${style(line)}`);
}

function verdictOf(path: string, wasThere: boolean, differs: boolean, { accept }: RecordOptions): string {
  if (accept) return differs ? `Recorded in ${path}.` : `Nothing has drifted from ${path}.`;
  if (!wasThere) return `There is no recording ${path}: \`lab record --accept\` writes it.`;
  if (!differs) return `Nothing has drifted from ${path}.`;
  return `What is printed has drifted from ${path}. \`lab record --accept\` records it anew.`;
}
