import type { LoadedScenario } from '../load/load-scenario.ts';
import type { Machine } from '../model/machine.ts';
import type { ParameterValue, Step } from '../model/scenario.ts';
import { expandMachines } from '../plan/expand-machines.ts';
import { selectSteps } from '../plan/select-steps.ts';
import { quoteShell } from '../provision/quote.ts';
import { renderTemplate } from '../provision/render.ts';
import type { HandoutOutput, HandoutSource } from '../report/handout-page.ts';
import { maskAll, maskSecrets } from '../run/mask-secrets.ts';
import type { StepOutputs } from '../run/recorded-output.ts';
import { stepValues } from '../run/step-values.ts';
import { targetMachines } from '../run/target-machines.ts';
import { assetReader } from './tools.ts';

/** Outputs that many machines print differently show nothing new after these. */
const maxOutputs = 3;

/** All that a handout is made of: the scenario with these parameters, on the network that it prefers. */
export async function handoutSource(
  { scenario, file, reference }: LoadedScenario,
  edition: string | undefined,
  parameters: Readonly<Record<string, ParameterValue>>,
  recording: StepOutputs | undefined,
): Promise<HandoutSource> {
  const render = (source: string, values: Readonly<Record<string, unknown>>): string =>
    renderTemplate({ file, source, values });
  const { subnet, name: lab } = scenario;
  const machines = expandMachines(scenario, { ...parameters }, [], subnet, render);
  const steps = selectSteps(scenario, edition);
  const files = await readFiles(steps, assetReader(file));
  const state = { parameters: { ...parameters }, lab, subnet, ...(edition === undefined ? {} : { edition }) };
  const renderFor = (step: Step, template: string, machine: Machine | undefined): string => {
    const { values } = stepValues(state, machines, step.scope);
    return maskSecrets(render(template, { ...values, ...(machine === undefined ? {} : { machine }) }));
  };
  return {
    scenario,
    edition,
    steps,
    parameters: maskAll(parameters),
    machines,
    upCommand: maskSecrets(upCommand(reference, edition, parameters, scenario.parameters)),
    recordedWith: recording === undefined ? undefined : origin(recording, parameters),
    targets: (step, target) =>
      targetMachines(target, stepValues(state, machines, step.scope).machines, (template) =>
        renderFor(step, template, undefined),
      ),
    render: renderFor,
    file: (step, name, machine) => {
      const text = files.get(name) ?? '';
      return name.endsWith('.hbs') ? renderFor(step, text, machine) : maskSecrets(text);
    },
    outputs: (step, entry) => outputsOf(step, entry, recording),
  };
}

async function readFiles(
  steps: readonly Step[],
  readAsset: ReturnType<typeof assetReader>,
): Promise<Map<string, string>> {
  const names = steps.flatMap((step) =>
    step.run.flatMap((action) => ('file' in action ? [action.file] : [])),
  );
  const texts = [...new Set(names)].map(async (name) => [name, await readAsset('scenario', name)] as const);
  return new Map(await Promise.all(texts));
}

function upCommand(
  reference: string,
  edition: string | undefined,
  parameters: Readonly<Record<string, ParameterValue>>,
  definitions: Readonly<Record<string, { default: ParameterValue }>>,
): string {
  const chosen = Object.entries(parameters)
    .filter(([name, value]) => value !== definitions[name]?.default)
    .map(([name, value]) => ` --${name} ${word(String(value))}`);
  // The path of whoever writes the page is not that of those who read it.
  const name = reference.replace(/^.*[\\/]/, './');
  return `lab up ${word(name)}${edition === undefined ? '' : ` --edition ${edition}`}${chosen.join('')} --no-play`;
}

/** A word of a shell; quoted where it has to be. */
function word(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : quoteShell(value);
}

function origin({ setting }: StepOutputs, parameters: Readonly<Record<string, ParameterValue>>): string {
  const other = Object.entries(setting.parameters)
    .filter(([name, value]) => parameters[name] !== value)
    .map(([name, value]) => `${name} ${value === '' ? '""' : String(value)}`);
  const what = other.length === 0 ? '' : `, and with ${other.join(', ')}`;
  return `The outputs are of a real run with the provider ${setting.provider}${what}. Yours have other ids, times and sizes.`;
}

/** Recorded outputs of an action or check, machines that printed the same together. */
function outputsOf(step: Step, entry: number | string, recording: StepOutputs | undefined): HandoutOutput[] {
  const found = new Map<string, string[]>();
  for (const output of recording?.steps[step.id] ?? []) {
    if (('run' in output ? output.run : output.check) !== entry || output.output.trim() === '') continue;
    const text = maskSecrets(output.output);
    found.set(text, [...(found.get(text) ?? []), ...(output.machine === undefined ? [] : [output.machine])]);
  }
  return [...found].slice(0, maxOutputs).map(([output, machines]) => ({ output, machines }));
}
