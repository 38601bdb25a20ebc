import type { CheckResult } from '../../model/event.ts';
import type { Step } from '../../model/scenario.ts';
import { checkTitle } from '../../report/failure-text.ts';
import { labelled, printable } from '../../report/printable.ts';
import { labPaths } from '../../state/lab-home.ts';
import { openLab, type OpenLab } from '../open-lab.ts';
import { print, printJson } from '../print.ts';
import { labWords } from '../report-to-people.ts';
import { bookLines, checkTarget, stepHeading, stepTexts } from '../step-description.ts';
import { stepInQuestion, type StepInQuestion } from '../step-in-question.ts';
import { createTools } from '../tools.ts';
import { whatComesNext } from '../what-comes-next.ts';

/** What `lab hint --json` prints; at the chapter's end only `lab`. */
interface Hint {
  lab: string;
  /** Its last run failed; else it is the next one. */
  failed?: boolean;
  step?: Pick<Step, 'id' | 'title' | 'text' | 'book'>;
  /** What failed in the last run. */
  failures?: CheckResult[];
  /** Why the step ended, where no check says it, and what to do about that. */
  reason?: string;
  advice?: string;
  hints?: { check: string; hint: string }[];
}

/** `lab hint`: what the step at hand is about and what to look at, from the scenario and the last log; no machine is asked. */
export async function hint(name: string | undefined, options: { json?: true }): Promise<void> {
  const tools = createTools();
  const lab = await openLab(name, tools);
  const question = await stepInQuestion(lab, labPaths(tools.home, lab.state.lab).logs);
  const answer = hintOn(lab, question);
  if (options.json) printJson(answer);
  else if (question === undefined) print(whatComesNext(lab, labWords(name)));
  else print(printable(hintText(lab, question, answer, name).join('\n')));
}

function hintOn(lab: OpenLab, question: StepInQuestion | undefined): Hint {
  if (question === undefined) return { lab: lab.state.lab };
  const { step, failed, failure } = question;
  const { id, title, text, book } = step;
  const texts = stepTexts(lab, step);
  return {
    lab: lab.state.lab,
    failed,
    step: { id, title, ...(text === undefined ? {} : { text }), ...(book === undefined ? {} : { book }) },
    failures: failure?.checks ?? [],
    ...(failure?.reason === undefined ? {} : { reason: failure.reason }),
    ...(failure?.hint === undefined ? {} : { advice: failure.hint }),
    hints: step.checks.map((check) => {
      const target = checkTarget(check);
      return { check: texts.render(check.title, target), hint: texts.render(check.hint, target) };
    }),
  };
}

function hintText(
  lab: OpenLab,
  { step, failed }: StepInQuestion,
  answer: Hint,
  name: string | undefined,
): string[] {
  const { failures = [], reason, advice, hints = [] } = answer;
  const told = failures.map((failure) => failure.hint);
  const others = hints.filter((one) => !told.includes(one.hint));
  const text = step.text === undefined ? [] : ['', ...step.text.trimEnd().split('\n')];
  const book = bookLines(step);
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
  const last = [
    ...failures.flatMap((check) => [checkTitle(check), ...labelled('  hint', check.hint ?? 'none', 7)]),
    ...(reason === undefined ? [] : labelled('reason', reason, 11)),
    ...(advice === undefined ? [] : labelled('what to do', advice, 11)),
  ];
  return [
    `${stepHeading(lab, step)}${failed ? ' (failed)' : ''}`,
    ...text,
    ...(book.length === 0 ? [] : ['', ...book]),
    ...section('What failed last time', last),
    ...section(
      failures.length > 0 ? 'Its other hints' : 'Hints',
      others.flatMap((one) => [one.check, ...labelled('  hint', one.hint, 7)]),
    ),
    '',
    wayOn(lab, step, failed, name),
  ];
}

function wayOn({ state }: OpenLab, { id }: Step, failed: boolean, name: string | undefined): string {
  if (!failed) return `\`lab next${labWords(name)}\` plays it.`;
  const why = `\`lab why ${id}${labWords(name, '--lab ')}\``;
  return `${why} tries its checks and shows what is wrong; \`lab play ${state.lab} --only ${id}\` plays it again.`;
}
