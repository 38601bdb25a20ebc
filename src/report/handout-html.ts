import { lineOfPlay } from './handout-page.ts';
import type { HandoutAction, HandoutCheck, HandoutOutput, HandoutPage, HandoutStep } from './handout-page.ts';
import { escapeHtml, inlineToHtml, markdownToHtml } from './handout-rich-text.ts';
import { sayings } from './handout-sayings.ts';
import { handoutStyle } from './handout-style.ts';
import { code } from './handout-words.ts';

/** Nothing is loaded and nothing runs, whatever a scenario holds. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The page as one HTML file that needs no other file, no network and no script. */
export function handoutHtml(page: HandoutPage): string {
  const lines = [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(page.title)}</title>`,
    `<style>${handoutStyle}</style>`,
    '</head>',
    '<body>',
    '<header>',
    `<p class="dim">${escapeHtml(sayings.chapter(page.chapter))}${editionOf(page)}</p>`,
    `<h1 id="top">${escapeHtml(page.title)}</h1>`,
    markdownToHtml(page.descriptionMarkdown),
    ...(page.textMarkdown === undefined ? [] : [markdownToHtml(page.textMarkdown)]),
    '</header>',
    '<nav aria-labelledby="steps">',
    `<h2 id="steps">${sayings.steps}</h2>`,
    '<ol>',
    ...page.steps.map(({ id, title }) => `<li><a href="#step-${id}">${escapeHtml(title)}</a></li>`),
    '</ol>',
    '</nav>',
    '<main>',
    ...needs(page),
    ...page.steps.flatMap(stepSection),
    '</main>',
    '</body>',
    '</html>',
  ];
  return `${lines.join('\n')}\n`;
}

function editionOf({ edition }: HandoutPage): string {
  if (edition === undefined) return '';
  return `, edition ${inlineToHtml(code(edition.name))}: ${inlineToHtml(edition.descriptionMarkdown)}`;
}

function needs(page: HandoutPage): string[] {
  const machines = page.machines.map(({ name, address, memoryMb, cpus }) => [
    escapeHtml(name),
    escapeHtml(address),
    `${memoryMb} MB`,
    String(cpus),
  ]);
  const parameters = page.parameters.map(({ name, value, description }) => [
    `<code>--${escapeHtml(name)}</code>`,
    escapeHtml(value),
    escapeHtml(description),
  ]);
  const artifacts = page.artifacts.map(
    ({ name, url, obtainMarkdown, onlyWith }) =>
      `<li>${escapeHtml(sayings.artifactName(name, onlyWith))}: <code>${escapeHtml(url)}</code>. ${inlineToHtml(obtainMarkdown)}</li>`,
  );
  return [
    '<section aria-labelledby="needs">',
    `<h2 id="needs">${sayings.needs}</h2>`,
    `<p>${sayings.up}</p>`,
    preformatted(page.upCommand),
    table(['machine', 'address', 'memory', 'processors'], machines),
    ...(parameters.length === 0 ? [] : [table(['parameter', 'here', 'meaning'], parameters)]),
    ...(artifacts.length === 0 ? [] : [`<ul>${artifacts.join('\n')}</ul>`]),
    ...(page.recordedWith === undefined ? [] : [`<p class="dim">${escapeHtml(page.recordedWith)}</p>`]),
    '</section>',
  ];
}

function stepSection(step: HandoutStep): string[] {
  const { id, number, title, part, textMarkdown, minNodes, book, noteMarkdown } = step;
  return [
    `<section aria-labelledby="step-${id}">`,
    ...(part === undefined ? [] : [`<p class="dim">${escapeHtml(part)}</p>`]),
    `<h2 id="step-${id}">${number}. ${escapeHtml(title)}</h2>`,
    ...(textMarkdown === undefined ? [] : [markdownToHtml(textMarkdown)]),
    ...(minNodes === undefined
      ? []
      : [`<p>${sayings.minNodes(minNodes.count)} ${inlineToHtml(minNodes.reasonMarkdown)}.</p>`]),
    ...(book === undefined ? [] : [figure('book', sayings.book, sayings.bookText(book))]),
    ...(noteMarkdown === undefined
      ? []
      : [`<p><strong>${sayings.differs}</strong> ${inlineToHtml(noteMarkdown)}</p>`]),
    ...step.actions.flatMap(actionBlocks),
    ...step.checks.flatMap((check, index) => checkBlocks(check, `step-${id}-check-${index + 1}`)),
    `<p class="play">${inlineToHtml(lineOfPlay(step))}</p>`,
    '</section>',
  ];
}

function actionBlocks(action: HandoutAction): string[] {
  const varies = 'varies' in action && action.varies ? [`<p class="dim">${sayings.varies}</p>`] : [];
  switch (action.kind) {
    case 'command':
      return [
        figure('run', `${capital(action.where)}:`, action.command),
        ...varies,
        ...outputFigures(action.outputs),
      ];
    case 'file': {
      const caption = `${inlineToHtml(sayings.file(code(action.path), action.where, action.mode))}:`;
      return [
        `<figure class="file"><figcaption>${caption}</figcaption>${preformatted(action.content)}</figure>`,
        ...varies,
      ];
    }
    case 'artifact':
      return [
        `<p>${inlineToHtml(`${sayings.artifact(code(action.path), action.where, action.member)} ${code(action.url)}`)}</p>`,
      ];
    case 'power':
      return [`<p>${escapeHtml(sayings.power(action.machine, action.power))}</p>`];
  }
}

function checkBlocks(check: HandoutCheck, id: string): string[] {
  const { title, where, command, expectedMarkdown, within, varies, outputs, hintMarkdown } = check;
  const sentences = [
    ...expectedMarkdown,
    ...(within === undefined ? [] : [sayings.within(within)]),
    ...(varies ? [sayings.varies] : []),
  ];
  return [
    '<div class="check">',
    `<h3 id="${id}">${sayings.check}: ${escapeHtml(title)}</h3>`,
    figure('run', `${capital(where)}:`, command),
    `<p>${inlineToHtml(sentences.join(' '))}</p>`,
    ...outputFigures(outputs),
    `<details><summary>${sayings.hint}</summary><p>${inlineToHtml(hintMarkdown)}</p></details>`,
    '</div>',
  ];
}

function outputFigures(outputs: readonly HandoutOutput[]): string[] {
  return outputs.map(({ machines, output }) =>
    figure('printed', `${sayings.printed(machines)}:`, output.trimEnd()),
  );
}

function figure(kind: string, caption: string, text: string): string {
  return `<figure class="${kind}"><figcaption>${escapeHtml(caption)}</figcaption>${preformatted(text)}</figure>`;
}

/** A keyboard can scroll what takes the focus. */
function preformatted(text: string): string {
  return `<pre tabindex="0"><code>${escapeHtml(text.replace(/\n$/, ''))}</code></pre>`;
}

/** Cells are HTML. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<div class="table" tabindex="0"><table><thead>${line(head, 'th')}</thead><tbody>${rows.map((row) => line(row, 'td')).join('\n')}</tbody></table></div>`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
