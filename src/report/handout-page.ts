import type { Machine } from '../model/machine.ts';
import type { Action, Check, Edition, ParameterValue, Scenario, Step } from '../model/scenario.ts';
import { code, expectations, targetInWords } from './handout-words.ts';

/** Output of a command or request, as a recording has it. */
export interface HandoutOutput {
  /** The machines that printed it, all the same. Empty: this computer. */
  machines: readonly string[];
  output: string;
}

/** Something to read or do, in the order of the page. Fields called `...Markdown` are Markdown, others plain text. */
export type HandoutAction =
  | { kind: 'command'; where: string; command: string; varies: boolean; outputs: readonly HandoutOutput[] }
  | { kind: 'file'; where: string; path: string; mode: string; content: string; varies: boolean }
  | { kind: 'artifact'; where: string; path: string; member?: string; url: string }
  | { kind: 'power'; machine: string; power: 'stop' | 'start' };

export interface HandoutCheck {
  title: string;
  where: string;
  /** Commands or requests, one a line. */
  command: string;
  expectedMarkdown: readonly string[];
  varies: boolean;
  within?: string;
  outputs: readonly HandoutOutput[];
  hintMarkdown: string;
}

export interface HandoutStep {
  id: string;
  number: number;
  title: string;
  /** Title of the included scenario that it is of. */
  part?: string;
  textMarkdown?: string;
  book?: { command?: string; output?: string };
  noteMarkdown?: string;
  minNodes?: { count: number; reasonMarkdown: string };
  actions: readonly HandoutAction[];
  checks: readonly HandoutCheck[];
}

/** The tutorial as a page, before it is Markdown or HTML. */
export interface HandoutPage {
  scenario: string;
  title: string;
  chapter: string;
  descriptionMarkdown: string;
  textMarkdown?: string;
  /** Words of `lab up` for this page. */
  upCommand: string;
  edition?: { name: string; descriptionMarkdown: string };
  machines: readonly Pick<Machine, 'name' | 'address' | 'memoryMb' | 'cpus'>[];
  artifacts: readonly { name: string; url: string; obtainMarkdown: string; onlyWith?: string }[];
  parameters: readonly { name: string; value: string; description: string }[];
  /** Where the outputs are from; without it the page has none. */
  recordedWith?: string;
  steps: readonly HandoutStep[];
}

/** What a page is made of. Texts that the functions answer must hold no secrets. */
export interface HandoutSource {
  scenario: Scenario;
  edition: string | undefined;
  steps: readonly Step[];
  parameters: Readonly<Record<string, ParameterValue>>;
  upCommand: string;
  machines: readonly Machine[];
  recordedWith: string | undefined;
  /** The machines that a target of the step is about. */
  targets(step: Step, target: string): readonly Machine[] | 'host';
  render(step: Step, template: string, machine: Machine | undefined): string;
  /** What a file of the scenario looks like on that machine. */
  file(step: Step, name: string, machine: Machine | undefined): string;
  /** Recorded outputs of the action with this number (from 1), or of the check with this title. */
  outputs(step: Step, entry: number | string): readonly HandoutOutput[];
}

/** Puts a page together: the steps in their order, with commands as they are for these parameters and machines. */
export function handoutPage(source: HandoutSource): HandoutPage {
  const { scenario, edition: name, parameters, recordedWith } = source;
  const edition = name === undefined ? undefined : scenario.editions[name];
  const artifacts = neededArtifacts(source, edition);
  return {
    scenario: scenario.name,
    title: scenario.title,
    chapter: scenario.chapter,
    descriptionMarkdown: scenario.description,
    ...optional('textMarkdown', scenario.text),
    upCommand: source.upCommand,
    ...(name === undefined || edition === undefined
      ? {}
      : { edition: { name, descriptionMarkdown: edition.description } }),
    machines: source.machines,
    artifacts,
    parameters: Object.entries(scenario.parameters).map(([parameter, { description }]) => ({
      name: parameter,
      value: String(parameters[parameter] ?? '') || '(empty)',
      description,
    })),
    ...optional('recordedWith', recordedWith),
    steps: source.steps.map((step, index) => handoutStep(step, index + 1, source)),
  };
}

/** What has to be fetched for the steps, or for machines before the first step. */
function neededArtifacts(
  { scenario, steps }: HandoutSource,
  edition: Edition | undefined,
): HandoutPage['artifacts'] {
  const ofSteps = new Set(steps.flatMap((step) => step.artifacts));
  const installed = [...scenario.install, ...(edition?.install ?? [])];
  return Object.entries(scenario.artifacts).flatMap(([name, { url, obtain }]) => {
    const uses = installed.filter(({ artifact }) => artifact === name);
    if (!ofSteps.has(name) && uses.length === 0) return [];
    const isForAll = ofSteps.has(name) || uses.some(({ providers }) => providers === undefined);
    const providers = [...new Set(uses.flatMap((use) => use.providers ?? []))].join(', ');
    return [{ name, url, obtainMarkdown: obtain, ...(isForAll ? {} : { onlyWith: providers }) }];
  });
}

function handoutStep(step: Step, number: number, source: HandoutSource): HandoutStep {
  const { book, minNodes } = step;
  return {
    id: step.id,
    number,
    title: step.title,
    ...optional('part', step.scope?.title),
    ...optional('textMarkdown', step.text),
    ...(book?.command === undefined && book?.output === undefined
      ? {}
      : { book: { ...optional('command', book.command), ...optional('output', book.output) } }),
    ...optional('noteMarkdown', book?.note),
    ...(minNodes === undefined
      ? {}
      : { minNodes: { count: minNodes.count, reasonMarkdown: minNodes.reason } }),
    actions: step.run.map((action, index) => handoutAction(step, action, index + 1, source)),
    checks: step.checks.map((check) => handoutCheck(step, check, source)),
  };
}

function handoutAction(step: Step, action: Action, number: number, source: HandoutSource): HandoutAction {
  if ('power' in action) {
    return { kind: 'power', machine: namesOf(source.targets(step, action.machine)), power: action.power };
  }
  const targets = source.targets(step, action.on);
  const where = targetInWords(action.on, targets, source.machines);
  const [first, varies] = sampler(targets);
  if ('command' in action) {
    const render = (machine: Machine | undefined): string =>
      source.render(step, action.command, machine).trim();
    const outputs = source.outputs(step, number);
    return { kind: 'command', where, command: render(first), varies: varies(render), outputs };
  }
  const path = source.render(step, action.to, first);
  if ('file' in action) {
    const content = (machine: Machine | undefined): string => source.file(step, action.file, machine);
    return { kind: 'file', where, path, mode: action.mode, content: content(first), varies: varies(content) };
  }
  const url = source.scenario.artifacts[action.artifact]?.url ?? action.artifact;
  return { kind: 'artifact', where, path, url, ...optional('member', action.member) };
}

function handoutCheck(step: Step, check: Check, source: HandoutSource): HandoutCheck {
  const target = 'http' in check ? check.http.machine : check.on;
  const targets = source.targets(step, target);
  const [first, varies] = sampler(targets);
  const render = (template: string, machine: Machine | undefined = first): string =>
    source.render(step, template, machine);
  const expected = (machine: Machine | undefined): readonly string[] =>
    expectations(check, (template) => render(template, machine));
  const request = ({ address }: Machine): string => {
    const { port, path } = (check as Extract<Check, { http: unknown }>).http;
    return `curl http://${address}${port === 80 ? '' : `:${port}`}${render(path)}`;
  };
  return {
    title: render(check.title),
    where: 'http' in check ? 'on your computer' : targetInWords(target, targets, source.machines),
    command:
      'http' in check
        ? (targets === 'host' ? [] : targets).map(request).join('\n')
        : render(check.command).trim(),
    expectedMarkdown: expected(first),
    varies: varies((machine) => expected(machine).join('\n')),
    ...optional('within', check.within),
    outputs: source.outputs(step, check.title),
    hintMarkdown: render(check.hint),
  };
}

/** The machine to show something for, and whether it is another on another machine. */
function sampler(
  targets: readonly Machine[] | 'host',
): [first: Machine | undefined, varies: (show: (machine: Machine | undefined) => string) => boolean] {
  const machines: readonly (Machine | undefined)[] = targets === 'host' ? [undefined] : targets;
  const first = machines[0];
  return [first, (show) => machines.some((machine) => machine !== first && show(machine) !== show(first))];
}

function namesOf(targets: readonly Machine[] | 'host'): string {
  return targets === 'host' ? 'this computer' : targets.map(({ name }) => name).join(', ');
}

function optional<Key extends string>(key: Key, value: string | undefined): { [K in Key]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]: string });
}

/** How `lab` goes on from a step, in Markdown. */
export function lineOfPlay({ id }: Pick<HandoutStep, 'id'>): string {
  return `${code('lab next')} plays the next step, ${code(`lab check --only ${id}`)} checks this one again.`;
}
