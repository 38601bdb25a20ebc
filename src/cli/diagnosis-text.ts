import type { MachineObservation } from '../model/machine.ts';
import type { Step } from '../model/scenario.ts';
import { checkTitle } from '../report/failure-text.ts';
import { labelled, printable } from '../report/printable.ts';
import type { CheckDiagnosis, StepDiagnosis } from '../run/diagnose-step.ts';
import type { UnreachableMachine } from '../run/find-unreachable.ts';
import type { UnitReport } from '../run/read-unit.ts';
import type { OpenLab } from './open-lab.ts';
import { stepHeading } from './step-description.ts';

interface Diagnosed {
  lab: OpenLab;
  step: Step;
  diagnosis: StepDiagnosis;
}

const labelWidth = 'expected:'.length;

/** What to try, the most specific first; nothing where no check fails. */
export function adviceOn({
  lab: { state },
  step,
  diagnosis,
  machines,
}: Diagnosed & { machines: readonly MachineObservation[] }): string[] {
  const failed = diagnosis.checks.filter((check) => check.status === 'failed');
  if (failed.length === 0) return [];
  const hints = failed.flatMap(({ untried, hint }) => (untried || hint === undefined ? [] : [hint]));
  const needs = step.needs.filter((id) => state.steps[id]?.status !== 'passed');
  const stopped = machines.filter((machine) => machine.state !== 'running');
  const where = failed.flatMap(({ machine, untried }) => (untried || machine === undefined ? [] : [machine]));
  const again = step.run.length === 0 ? 'Run its checks with the time that they have' : 'Play the step again';
  return [
    ...new Set(hints),
    ...needs.map(
      (id) => `It needs the step ${id}, which has not passed: \`lab play ${state.lab} --only ${id}\`.`,
    ),
    ...stopped.map((machine) => absence(machine, state.scenario)),
    ...[...new Set(where)].map((name) => `Look around there: \`lab ssh ${name}\`.`),
    `${again}: \`lab play ${state.lab} --only ${step.id}\`.`,
    ...(step.undo === undefined
      ? []
      : [
          `Or take it back first: \`lab goto ${step.id} --lab ${state.lab}\`, then \`lab next ${state.lab}\`.`,
        ]),
  ];
}

function absence({ name, state, detail }: MachineObservation, scenario: string): string {
  const up = `\`lab up ${scenario} --no-play\``;
  const way = state === 'stopped' ? `${up} starts it, unless a step stopped it on purpose` : `${up} makes it`;
  return `${name} is ${detail ?? state}: ${way}.`;
}

/** All that `lab why` has to say. */
export function diagnosisText({
  lab,
  step,
  diagnosis: { unreachable, checks, units },
  advice,
}: Diagnosed & { advice: readonly string[] }): string {
  const failed = checks.filter((check) => check.status === 'failed');
  const lines =
    failed.length === 0
      ? ['', ...checks.map(passedLine), '', `The step ${step.id} is all right now.`]
      : [
          ...unreachable.flatMap((machine) => ['', ...unreachableLines(machine, failed)]),
          ...checks.filter((check) => check.untried !== true).flatMap(checkLines),
          ...triesLine(failed),
          ...units.flatMap(unitLines),
          '',
          'What to try',
          ...advice.flatMap((text) =>
            text.split('\n').map((line, index) => `  ${index === 0 ? '-' : ' '} ${line}`),
          ),
        ];
  return printable([stepHeading(lab, step), ...lines].join('\n'));
}

function unreachableLines(
  { machine, reason }: UnreachableMachine,
  failed: readonly CheckDiagnosis[],
): string[] {
  const untried = failed.filter((check) => check.untried === true && check.machine === machine);
  return [
    `${machine} cannot be reached: ${reason}.`,
    ...(untried.length === 0
      ? []
      : labelled('  not tried there', untried.map(({ title }) => title).join('\n'), 18)),
  ];
}

function passedLine(check: CheckDiagnosis): string {
  return `pass ${checkTitle(check)}`;
}

function checkLines(check: CheckDiagnosis): string[] {
  if (check.status === 'passed') return ['', passedLine(check)];
  const { machine, command, expected, actual, difference, answer } = check;
  const parts: [label: string, text: string | undefined][] = [
    ['machine', machine],
    ['command', command],
    ...(difference === undefined
      ? ([
          ['expected', expected],
          ['actual', actual === '' ? '(nothing)' : actual],
        ] as [string, string][])
      : ([['differs', difference]] as [string, string][])),
    ...answerParts(answer),
  ];
  const described = parts.flatMap(([label, text]) =>
    text === undefined || text.trim() === '' ? [] : labelled(label, text, labelWidth),
  );
  return ['', `FAIL ${checkTitle(check)}`, ...described.map((line) => `     ${line}`)];
}

function answerParts(answer: CheckDiagnosis['answer']): [label: string, text: string][] {
  if (answer === undefined) return [];
  if (answer.kind === 'http')
    return [
      ['status', String(answer.status)],
      ['body', answer.body],
    ];
  return [
    ['exit', String(answer.exitCode)],
    ['stdout', answer.stdout],
    ['stderr', answer.stderr],
  ];
}

/** A check that waits was not given its time. */
function triesLine(failed: readonly CheckDiagnosis[]): string[] {
  const waiting = failed.find((check) => check.within !== undefined && check.untried !== true);
  return waiting?.within === undefined
    ? []
    : ['', `Each check was tried once. A run tries "${waiting.title}" again for ${waiting.within}.`];
}

function unitLines({ machine, unit, state, journal }: UnitReport): string[] {
  const lines = journal === '' ? [] : journal.split('\n').map((line) => `     ${line}`);
  return ['', `unit ${unit} on ${machine}: ${state}`, ...lines];
}
