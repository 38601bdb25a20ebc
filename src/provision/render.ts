import Handlebars from 'handlebars';
import type { SourceProblem } from '../model/errors.ts';
import { SourceError } from '../model/errors.ts';
import type { TemplateProgram } from './check-template.ts';
import { checkTemplate } from './check-template.ts';
import type { TemplateHelper } from './template-helpers.ts';
import { templateHelpers } from './template-helpers.ts';

export interface RenderRequest {
  /** Name of the template, for messages. */
  file: string;
  /** The template itself. */
  source: string;
  /** What it may use: plain data. */
  values: Readonly<Record<string, unknown>>;
}

/** Carries where in the template a helper was called that threw. */
class HelperError extends Error {
  readonly loc: { start: { line: number; column: number } };

  constructor(message: string, loc: HelperError['loc']) {
    super(message);
    this.loc = loc;
  }
}

/** A name that no template can write. */
const textHelper = ' text';
const helperNames = Object.keys(templateHelpers);

/**
 * Renders a template with Handlebars and the helpers of template-helpers.ts. Nothing is escaped unless the template
 * asks for it; a value that is not there is an error, never an empty text. Templates see the values given and nothing
 * else: no prototypes, no other files, no code.
 *
 * Throws SourceError LAB_TEMPLATE_INVALID with every missing value, unknown helper or syntax mistake at its place.
 */
export function renderTemplate({ file, source, values }: RenderRequest): string {
  const problemAt = locator(file, source);
  const fail = (problems: readonly SourceProblem[]): never => {
    const places = problems.map(describe).join('\n');
    throw new SourceError(
      'LAB_TEMPLATE_INVALID',
      `The template ${file} cannot be rendered:\n${places}`,
      problems,
    );
  };
  const handlebars = Handlebars.create();
  // Both would let a template get around `strict`, or print by itself.
  handlebars.unregisterHelper('lookup');
  handlebars.unregisterHelper('log');
  for (const [name, helper] of Object.entries(templateHelpers))
    handlebars.registerHelper(name, located(helper));

  handlebars.registerHelper(textHelper, (value: unknown) => String(value));

  let program: hbs.AST.Program;
  try {
    program = handlebars.parse(source);
  } catch (error) {
    return fail([syntaxProblem(error as Error, source, problemAt)]);
  }
  // Handlebars' own types say nothing of blockParams and too much of the rest.
  const tree = program as unknown as TemplateProgram;
  const missing = checkTemplate({ program: tree, values, helpers: helperNames, problem: problemAt });
  if (missing.length > 0) return fail(missing);
  try {
    printAsText(program);
    // Own properties only, which is Handlebars' default.
    return handlebars.compile(program, compileOptions)(values);
  } catch (error) {
    if (error instanceof HelperError) return fail([problemAt(error.loc.start, error.message)]);
    return fail([syntaxProblem(error as Error, source, problemAt)]);
  }
}

const compileOptions: CompileOptions = {
  noEscape: true,
  strict: true,
  knownHelpersOnly: true,
  knownHelpers: Object.fromEntries([...helperNames, textHelper].map((name) => [name, true])),
};

function located(helper: TemplateHelper): Handlebars.HelperDelegate {
  return (...given: unknown[]) => {
    const { loc } = given.pop() as { loc: HelperError['loc'] };
    try {
      return helper(...given);
    } catch (error) {
      throw new HelperError((error as Error).message, loc);
    }
  };
}

/**
 * Makes `{{value}}` into a call that turns the value into a text. With `noEscape` Handlebars adds what stands side by
 * side with `+`, so that `{{one}}{{two}}` would print the sum of two numbers.
 */
function printAsText(program: hbs.AST.Program | undefined): void {
  for (const statement of program?.body ?? []) {
    if (statement.type === 'BlockStatement') {
      const block = statement as hbs.AST.BlockStatement;
      printAsText(block.program);
      printAsText(block.inverse);
    }
    if (statement.type !== 'MustacheStatement') continue;
    const mustache = statement as hbs.AST.MustacheStatement;
    const { path, params, hash, loc } = mustache;
    const isCall = params.length > 0 || helperNames.includes((path as hbs.AST.PathExpression).original);
    mustache.params = [
      isCall ? ({ type: 'SubExpression', path, params, hash, loc } as hbs.AST.SubExpression) : path,
    ];
    mustache.path = {
      type: 'PathExpression',
      original: textHelper,
      parts: [textHelper],
      depth: 0,
      data: false,
      loc,
    };
  }
}

type ProblemAt = (place: { line: number; column: number }, message: string, hint?: string) => SourceProblem;

function locator(file: string, source: string): ProblemAt {
  const lines = source.split(/\r?\n/);
  return (place, message, hint) => {
    const lineText = lines[place.line - 1];
    return {
      message,
      position: { file, line: place.line, column: place.column + 1 },
      ...(lineText === undefined ? {} : { lineText }),
      ...(hint === undefined ? {} : { hint }),
    };
  };
}

/** `FILE:LINE:COLUMN: message hint`, so that the message alone says it all where no code frame is shown. */
function describe({ position, message, hint }: SourceProblem): string {
  const place = position === undefined ? '' : `${position.file}:${position.line}:${position.column}: `;
  return `${place}${message}${hint === undefined ? '' : ` ${hint}`}`;
}

/** Handlebars' own exceptions have `lineNumber` and `column`; those of its parser only a drawing with a caret. */
function syntaxProblem(error: Error, source: string, problemAt: ProblemAt): SourceProblem {
  const { lineNumber, column } = error as { lineNumber?: number; column?: number };
  if (lineNumber !== undefined) {
    return problemAt({ line: lineNumber, column: column ?? 0 }, error.message.replace(/ - \d+:\d+$/, ''));
  }
  const drawing = /^Parse error on line (\d+):\n(.*)\n(-*)\^\n(.*)$/s.exec(error.message);
  if (drawing === null) return problemAt({ line: 1, column: 0 }, error.message);
  const [, line = '1', excerpt = '', dashes = '', expectation = ''] = drawing;
  const lineText = source.split(/\r?\n/)[Number(line) - 1] ?? '';
  const place = { line: Number(line), column: caretColumn(lineText, excerpt.slice(0, dashes.length)) };
  return problemAt(place, `The syntax is wrong here. ${expectation}`);
}

/** The excerpt may begin on an earlier line and be cut: the longest end of it that this line holds tells the column. */
function caretColumn(lineText: string, before: string): number {
  for (let start = 0; start < before.length; start += 1) {
    const end = before.slice(start);
    const found = lineText.indexOf(end);
    if (found >= 0) return found + end.length;
  }
  return 0;
}
