/** Text as HTML that shows it as it is, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 0};`)
    .replaceAll('\u0000', '');
}

/**
 * The Markdown that handouts need as HTML: paragraphs, lists (also in lists), fenced code, headings (as a heading of
 * the fourth level, below those of the page), and what `inlineToHtml` knows. All else is text: no HTML gets through.
 */
export function markdownToHtml(markdown: string): string {
  return blocks(markdown.replace(/\r\n?/g, '\n').split('\n'));
}

const fence = /^ {0,3}(`{3,}|~{3,})\s*([\w+-]*)[^`]*$/;
const listItem = /^( *)([-*+]|\d{1,9}[.)])( +)(?=\S)/;
const heading = /^#{1,6} +(.*?)(?: +#+)?$/;

function blocks(lines: readonly string[]): string {
  const html: string[] = [];
  let index = 0;
  while (index < lines.length) {
    const line = lines[index] ?? '';
    const [, marks] = fence.exec(line) ?? [];
    const title = heading.exec(line)?.[1];
    let end = index + 1;
    if (line.trim() === '') {
      index = end;
      continue;
    }
    if (marks !== undefined) {
      const closing = new RegExp(`^ {0,3}${marks[0] === '`' ? '`' : '~'}{${marks.length},}\\s*$`);
      while (end < lines.length && !closing.test(lines[end] ?? '')) end += 1;
      html.push(`<pre><code>${escapeHtml(lines.slice(index + 1, end).join('\n'))}\n</code></pre>`);
      index = end + 1;
      continue;
    }
    if (title !== undefined) html.push(`<h4>${inlineToHtml(title)}</h4>`);
    else if (listItem.test(line)) {
      while (end < lines.length && isOfList(lines, end)) end += 1;
      html.push(list(lines.slice(index, end)));
    } else {
      while (end < lines.length && !beginsBlock(lines[end] ?? '')) end += 1;
      html.push(`<p>${inlineToHtml(lines.slice(index, end).join('\n').trim())}</p>`);
    }
    index = end;
  }
  return html.join('\n');
}

function beginsBlock(line: string): boolean {
  return line.trim() === '' || fence.test(line) || heading.test(line) || listItem.test(line);
}

/** Items, what is indented below them, and lines that go on with them; an empty line ends the list unless it goes on after it. */
function isOfList(lines: readonly string[], index: number): boolean {
  const line = lines[index] ?? '';
  if (line.trim() !== '')
    return listItem.test(line) || /^ {2,}/.test(line) || lines[index - 1]?.trim() !== '';
  const next = lines[index + 1] ?? '';
  return listItem.test(next) || /^ {2,}\S/.test(next);
}

function list(lines: readonly string[]): string {
  const [, indent = '', mark = '-'] = listItem.exec(lines[0] ?? '') ?? [];
  const items: string[][] = [];
  for (const line of lines) {
    const [whole, own] = listItem.exec(line) ?? [];
    if (whole !== undefined && own !== undefined && own.length <= indent.length + 1)
      items.push([line.slice(whole.length)]);
    else items.at(-1)?.push(line.replace(new RegExp(`^ {0,${indent.length + mark.length + 1}}`), ''));
  }
  const tag = /\d/.test(mark) ? 'ol' : 'ul';
  const html = items.map((item) => {
    const [first = '', ...rest] = item;
    const isPlain = !rest.some(beginsBlock);
    return `<li>${isPlain ? inlineToHtml(item.join('\n')) : blocks([first, ...rest])}</li>`;
  });
  return `<${tag}>\n${html.join('\n')}\n</${tag}>`;
}

/** One alternative for each of: escaped character, code, link, strong, emphasis. */
const inline =
  /\\([\\`*_[\](){}<>&#|~.!+-])|(?<!`)(`+)(?!`)(.*?[^`])\2(?!`)|\[([^[\]\n]*)\]\(((?:https?):\/\/[^\s()<>]+)\)|(\*\*)(?=\S)(.+?)(?<=\S)\*\*|(?<![\w*])([*_])(?=[^\s*_])(.*?[^\s*_])\8(?![\w*])/gs;

/** Code, links to web pages, emphasis and escaped characters; all else is text. */
export function inlineToHtml(markdown: string): string {
  let html = '';
  let end = 0;
  for (const match of markdown.matchAll(inline)) {
    const [whole, escaped, , span, label, url, , strong, , emphasis] = match;
    html += escapeHtml(markdown.slice(end, match.index));
    end = match.index + whole.length;
    if (escaped !== undefined) html += escapeHtml(escaped);
    else if (span !== undefined) html += `<code>${escapeHtml(unpadded(span))}</code>`;
    else if (url !== undefined) html += `<a href="${escapeHtml(url)}">${inlineToHtml(label ?? url)}</a>`;
    else if (strong !== undefined) html += `<strong>${inlineToHtml(strong)}</strong>`;
    else html += `<em>${inlineToHtml(emphasis ?? '')}</em>`;
  }
  return html + escapeHtml(markdown.slice(end));
}

/** A blank inside of both ends is only there to keep backticks apart. */
function unpadded(span: string): string {
  const line = span.replaceAll('\n', ' ');
  return /^ .*[^ ].* $/.test(line) ? line.slice(1, -1) : line;
}
