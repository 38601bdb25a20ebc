import { lineOfPlay } from './handout-page.ts';
import type { HandoutAction, HandoutCheck, HandoutOutput, HandoutPage, HandoutStep } from './handout-page.ts';
import { code, escapeMarkdown } from './handout-words.ts';
import { sayings } from './handout-sayings.ts';

/** The page as Markdown (CommonMark with tables). What the scenario gives as plain text shows as it is. */
export function handoutMarkdown(page: HandoutPage): string {
  const blocks = [
    `# ${escapeMarkdown(page.title)}`,
    `${escapeMarkdown(sayings.chapter(page.chapter))}${page.edition === undefined ? '' : `, edition ${code(page.edition.name)}: ${page.edition.descriptionMarkdown}`}`,
    page.descriptionMarkdown,
    page.textMarkdown,
    `## ${sayings.needs}`,
    ...needs(page),
    `## ${sayings.steps}`,
    page.steps.map((step) => `${step.number}. [${escapeMarkdown(step.title)}](#step-${step.id})`).join('\n'),
    ...page.steps.flatMap(stepBlocks),
  ];
  return `${blocks.filter((block) => block !== undefined && block !== '').join('\n\n')}\n`;
}

function needs(page: HandoutPage): string[] {
  return [
    sayings.up,
    fenced(page.upCommand, 'sh'),
    table(
      ['machine', 'address', 'memory', 'processors'],
      page.machines.map(({ name, address, memoryMb, cpus }) => [
        name,
        address,
        `${memoryMb} MB`,
        String(cpus),
      ]),
    ),
    ...(page.parameters.length === 0
      ? []
      : [
          table(
            ['parameter', 'here', 'meaning'],
            page.parameters.map(({ name, value, description }) => [`--${name}`, value, description]),
          ),
        ]),
    page.artifacts
      .map(
        ({ name, url, obtainMarkdown, onlyWith }) =>
          `- ${escapeMarkdown(sayings.artifactName(name, onlyWith))}: ${code(url)}. ${obtainMarkdown}`,
      )
      .join('\n'),
    ...(page.recordedWith === undefined ? [] : [escapeMarkdown(page.recordedWith)]),
  ];
}

function stepBlocks(step: HandoutStep): (string | undefined)[] {
  const { book, minNodes, part } = step;
  return [
    `<a id="step-${step.id}"></a>`,
    `## ${step.number}. ${escapeMarkdown(step.title)}`,
    part === undefined ? undefined : `*${escapeMarkdown(part)}*`,
    step.textMarkdown,
    ...(minNodes === undefined ? [] : [`${sayings.minNodes(minNodes.count)} ${minNodes.reasonMarkdown}.`]),
    ...(book === undefined ? [] : [`**${sayings.book}**`, fenced(sayings.bookText(book), 'console')]),
    step.noteMarkdown === undefined ? undefined : `**${sayings.differs}** ${step.noteMarkdown}`,
    ...step.actions.flatMap(actionBlocks),
    ...step.checks.flatMap(checkBlocks),
    lineOfPlay(step),
  ];
}

function actionBlocks(action: HandoutAction): string[] {
  const varies = 'varies' in action && action.varies ? [sayings.varies] : [];
  switch (action.kind) {
    case 'command':
      return [
        `${capital(action.where)}:`,
        fenced(action.command, 'sh'),
        ...varies,
        ...outputBlocks(action.outputs),
      ];
    case 'file':
      return [
        `${sayings.file(code(action.path), action.where, action.mode)}:`,
        fenced(action.content, ''),
        ...varies,
      ];
    case 'artifact':
      return [`${sayings.artifact(code(action.path), action.where, action.member)} ${code(action.url)}`];
    case 'power':
      return [sayings.power(escapeMarkdown(action.machine), action.power)];
  }
}

function checkBlocks(check: HandoutCheck): string[] {
  const { title, where, command, expectedMarkdown, within, varies, hintMarkdown } = check;
  return [
    `### ${sayings.check}: ${escapeMarkdown(title)}`,
    `${capital(where)}:`,
    fenced(command, 'sh'),
    [
      ...expectedMarkdown,
      ...(within === undefined ? [] : [sayings.within(within)]),
      ...(varies ? [sayings.varies] : []),
    ].join(' '),
    ...outputBlocks(check.outputs),
    `<details><summary>${sayings.hint}</summary>\n\n${hintMarkdown}\n\n</details>`,
  ];
}

function outputBlocks(outputs: readonly HandoutOutput[]): string[] {
  return outputs.flatMap(({ machines, output }) => [
    `${sayings.printed(machines)}:`,
    fenced(output.trimEnd(), 'text'),
  ]);
}

/** A fence longer than any in the text. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const marks = '`'.repeat(longest + 1);
  return `${marks}${language}\n${text.replace(/\n$/, '')}\n${marks}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    line(head.map(() => '---')),
    ...rows.map((row) => line(row.map((cell) => escapeMarkdown(cell)))),
  ].join('\n');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
