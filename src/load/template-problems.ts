import Handlebars from 'handlebars';
import type { Scenario } from '../model/scenario.ts';
import { templateHelpers } from '../provision/template-helpers.ts';
import { didYouMean } from './did-you-mean.ts';
import type { DataPath, PathProblem } from './yaml-source.ts';

/** Names that templates of steps may use beside the parameters. */
export const stepNames = ['machine', 'machines', 'first', 'last', 'others', 'edition', 'lab', 'subnet'];
/** Names that templates of a machine group may use beside the parameters. */
export const groupNames = ['number'];

const helpers = ['if', 'unless', 'each', 'with', ...Object.keys(templateHelpers)];

/** A template at a place of the scenario, and the names it may use. */
interface Template {
  path: DataPath;
  text: string;
  names: readonly string[];
}

/** Templates that do not parse, or that name a value that will not be there. */
export function templateProblems(scenario: Scenario): PathProblem[] {
  const parameters = Object.keys(scenario.parameters);
  return [...groupTemplates(scenario), ...stepTemplates(scenario)].flatMap((template) =>
    problemsOf(template, [...new Set([...parameters, ...template.names])]),
  );
}

function groupTemplates({ machines }: Scenario): Template[] {
  return machines.flatMap((group, index) => [
    ...textsIn(group.name, ['machines', index, 'name'], groupNames),
    ...textsIn(group.aliases, ['machines', index, 'aliases'], groupNames),
    ...textsIn(group.settings, ['machines', index, 'settings'], []),
    ...textsIn(group.box, ['machines', index, 'box'], []),
  ]);
}

function stepTemplates({ steps }: Scenario): Template[] {
  return steps.flatMap((step, index) => [
    ...textsIn(step.run, ['steps', index, 'run'], stepNames),
    ...textsIn(step.checks, ['steps', index, 'checks'], stepNames),
  ]);
}

/** Every text below a place, keys not included. */
function textsIn(data: unknown, path: DataPath, names: readonly string[]): Template[] {
  if (typeof data === 'string') return [{ path, text: data, names }];
  if (Array.isArray(data))
    return data.flatMap((entry: unknown, index) => textsIn(entry, [...path, index], names));
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([key, value]) => textsIn(value, [...path, key], names));
}

function problemsOf({ path, text }: Template, names: readonly string[]): PathProblem[] {
  if (!text.includes('{{')) return [];
  let program: hbs.AST.Program;
  try {
    program = Handlebars.parse(text);
  } catch (error) {
    const reason = (error as Error).message.split('\n').at(-1) ?? '';
    const hint = 'A "{{" that belongs to the text itself, as in docker\'s --format, is written \\{{.';
    return [{ path, at: 'value', message: `this template cannot be read: ${reason}`, hint }];
  }
  const [values, calls] = [false, true].map((isCall) =>
    references(program).flatMap((reference) => (reference.isCall === isCall ? reference.name : [])),
  );
  return [
    ...unknownNames(values ?? [], names, path, 'value'),
    ...unknownNames(calls ?? [], helpers, path, 'helper'),
  ];
}

function unknownNames(
  used: readonly string[],
  known: readonly string[],
  path: DataPath,
  what: 'value' | 'helper',
): PathProblem[] {
  const unknown = [...new Set(used)].filter((name) => !known.includes(name));
  return unknown.map((name) => {
    const suggestion = didYouMean(name, known);
    const question = suggestion === undefined ? '' : ` — did you mean '${suggestion}'?`;
    const message = `the template names '${name}', which is no ${what}${question}`;
    const hint = `${what === 'value' ? 'Values here' : 'Helpers'}: ${known.join(', ')}.`;
    return { path, at: 'value', message, hint };
  });
}

/** A name that a template uses: of a value, or of a helper that it calls. */
interface Reference {
  name: string;
  isCall: boolean;
}

/** What the template takes from its outermost scope. Inside `each` and `with` the scope is another, so they are not looked into. */
function references(program: hbs.AST.Program): Reference[] {
  return program.body.flatMap((statement) => {
    if (statement.type === 'MustacheStatement') return ofCall(statement as hbs.AST.MustacheStatement, false);
    if (statement.type !== 'BlockStatement') return [];
    const block = statement as hbs.AST.BlockStatement;
    const keepsScope = ['if', 'unless'].includes(block.path.original);
    // Handlebars leaves the branches out that are not written, whatever its types say.
    const branches = [block.program, block.inverse] as (hbs.AST.Program | undefined)[];
    const inner = branches.flatMap((branch) => (branch === undefined ? [] : references(branch)));
    return [...ofCall(block, true), ...(keepsScope ? inner : [])];
  });
}

/** With arguments, the first name is a helper; without any, a value. */
function ofCall(
  call: Pick<hbs.AST.MustacheStatement, 'path' | 'params' | 'hash'>,
  isBlock: boolean,
): Reference[] {
  const hash = call.hash as hbs.AST.Hash | undefined;
  const values = [...call.params, ...(hash?.pairs ?? []).map((pair) => pair.value)];
  const isCall = isBlock || values.length > 0;
  return [...ofExpression(call.path, isCall), ...values.flatMap((value) => ofExpression(value, false))];
}

function ofExpression(expression: hbs.AST.Expression, isCall: boolean): Reference[] {
  if (expression.type === 'SubExpression') return ofCall(expression as hbs.AST.SubExpression, true);
  if (expression.type !== 'PathExpression') return [];
  const path = expression as hbs.AST.PathExpression;
  const [name] = path.parts as unknown[];
  return path.data || path.depth > 0 || typeof name !== 'string' ? [] : [{ name, isCall }];
}
