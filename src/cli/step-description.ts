import type { Machine } from '../model/machine.ts';
import type { Action, Check, Step } from '../model/scenario.ts';
import { renderTemplate } from '../provision/render.ts';
import { labelled, printable } from '../report/printable.ts';
import { selectSteps } from '../plan/select-steps.ts';
import type { Render } from '../run/check-context.ts';
import { stepValues } from '../run/step-values.ts';
import { targetMachines } from '../run/target-machines.ts';
import type { OpenLab } from './open-lab.ts';

const labelWidth = 'the book:'.length;

/** The texts of a step with the values of a lab, which is not touched for that. */
export interface StepTexts {
  /** `core-01, core-02`, or `this computer`; `no machine` where the lab has too few. */
  where: (target: string) => string;
  /** A text as it is on the first machine of the target, or on the lab's first one. */
  render: (text: string, target: string) => string;
}

export function stepTexts({ state }: Pick<OpenLab, 'state'>, step: Step): StepTexts {
  const { machines, values } = stepValues(state, state.machines, step.scope);
  const plain: Render = (source, extra) =>
    renderTemplate({ file: 'scenario', source, values: { ...values, ...extra } });
  const targets = (target: string): readonly Machine[] | 'host' => targetMachines(target, machines, plain);
  return {
    where: (target) => {
      const found = targets(target);
      if (found === 'host') return 'this computer';
      return found.length === 0 ? 'no machine' : found.map(({ name }) => name).join(', ');
    },
    render: (text, target) => {
      const found = targets(target);
      const machine = found === 'host' ? undefined : found[0];
      return plain(text, { machine: machine ?? machines[0] });
    },
  };
}

/** `step 3 of 9: start - Start the service`. */
export function stepHeading({ loaded, state }: OpenLab, step: Step): string {
  const steps = selectSteps(loaded.scenario, state.edition);
  const number = steps.findIndex(({ id }) => id === step.id) + 1;
  return printable(`step ${number} of ${steps.length}: ${step.id} - ${step.title}`);
}

/** What the book says of a step, where it says something. */
export function bookLines({ book }: Step): string[] {
  return [
    ...(book?.command === undefined ? [] : labelled('the book', book.command, labelWidth)),
    ...(book?.note === undefined ? [] : labelled('note', book.note, labelWidth)),
  ];
}

/** What a step does and checks here, beside what the book says. */
export function describeStep(lab: OpenLab, step: Step): string[] {
  const texts = stepTexts(lab, step);
  const actions = step.run.map((action) => describeAction(action, texts));
  const checks = step.checks.map((check) => {
    const target = checkTarget(check);
    return `${texts.render(check.title, target)} (${texts.where(target)})`;
  });
  const below = [
    ...bookLines(step),
    ...labelled(
      'here',
      actions.length === 0 ? 'nothing is done, only looked' : actions.join('\n'),
      labelWidth,
    ),
    ...labelled('checks', checks.join('\n'), labelWidth),
  ];
  return [stepHeading(lab, step), ...below.map((line) => `  ${line}`)];
}

/** Where a check looks; `host` is this computer. */
export function checkTarget(check: Check): string {
  return 'http' in check ? check.http.machine : check.on;
}

function describeAction(action: Action, { where, render }: StepTexts): string {
  if ('power' in action) return `${action.power} ${where(action.machine)}`;
  const place = where(action.on);
  if ('command' in action) return `on ${place}: ${render(action.command, action.on).trim()}`;
  const what = 'file' in action ? action.file : action.artifact;
  return `on ${place}: put ${what} at ${render(action.to, action.on)}`;
}
