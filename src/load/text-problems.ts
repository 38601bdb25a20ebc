import Handlebars from 'handlebars';
import { checkTemplate } from '../provision/check-template.ts';
import { templateHelpers } from '../provision/template-helpers.ts';
import type { TemplateValues } from './template-values.ts';
import type { DataPath, PathProblem } from './yaml-source.ts';

const helpers = Object.keys(templateHelpers);

/** What is wrong with one text as a template that knows `values`: it cannot be read, or names what is not there. */
export function textProblems(text: string, path: DataPath, values: TemplateValues): PathProblem[] {
  if (text.includes('\0'))
    return [{ path, at: 'value', message: 'the character NUL cannot stand in a text' }];
  if (!text.includes('{{')) return [];
  let program: hbs.AST.Program;
  try {
    program = Handlebars.parse(text);
  } catch (error) {
    return [unreadable(text, (error as Error).message, path)];
  }
  const found: PathProblem[] = [];
  const lines = text.split('\n');
  checkTemplate({
    program,
    values,
    helpers,
    problem: ({ line, column }, message, hint) => {
      const rest = (lines[line - 1] ?? '').slice(column);
      const excerpt = expressionAt(lines[line - 1] ?? '', column) ?? rest;
      const whole = `in a template: ${message.charAt(0).toLowerCase()}${message.slice(1).replace(/\.$/, '')}`;
      found.push({ path, at: 'value', message: whole, excerpt, ...(hint === undefined ? {} : { hint }) });
      return { message };
    },
  });
  const seen = new Set<string>();
  return found.filter(({ message }) => !seen.has(message) && seen.add(message));
}

/** The `{{...}}` around a column. */
function expressionAt(line: string, column: number): string | undefined {
  const start = line.lastIndexOf('{{', column + 1);
  const end = line.indexOf('}}', column);
  return start < 0 || end < 0 ? undefined : line.slice(start, end + 2);
}

const braces = 'A "{{" that belongs to the text itself, as in docker\'s --format, is written \\{{.';

/** What Handlebars' parser says, in plain words: `Parse error on line 1:`, the text, a line that points, and what it expected. */
function unreadable(text: string, complaint: string, path: DataPath): PathProblem {
  const [, drawn = '', dashes = ''] = /^Parse error on line \d+:\n(.*)\n(-*)\^/.exec(complaint) ?? [];
  const token = /got '(\w+)'$/.exec(complaint)?.[1];
  // The parser draws the text without its line breaks, and not all of it.
  const start = Math.max(0, drawn.lastIndexOf('{{', dashes.length));
  const expression = /^\{\{.*?\}\}|^.{1,20}/.exec(drawn.slice(start))?.[0] ?? '{{';
  const reason =
    token === undefined
      ? complaint.replace(/ - \d+:\d+$/, '')
      : (reasons[token] ?? 'the syntax is wrong here');
  return {
    path,
    at: 'value',
    message: `this template cannot be read: ${reason}`,
    excerpt: text.includes(expression) ? expression : '{{',
    hint: braces,
  };
}

/** By the token at which the parser gave up. */
const reasons: Record<string, string> = {
  EOF: 'a {{ or a block is not closed',
  OPEN_ENDBLOCK: 'this closes a block that is not open',
  INVERSE: 'there is no block here for this else',
  INVALID: 'a character cannot stand here',
  SEP: 'a name is missing before this "." or "/"',
  CLOSE: 'there is nothing in {{ }}',
};
