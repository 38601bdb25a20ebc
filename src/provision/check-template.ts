import type { SourceProblem } from '../model/errors.ts';
import { didYouMean } from '../load/did-you-mean.ts';

/** Lines count from 1, columns from 0. */
interface Place {
  line: number;
  column: number;
}

/** The part of Handlebars' syntax tree that is looked at; see its docs/compiler-api.md. */
interface TemplateNode {
  type: string;
  loc: { start: Place };
  path?: TemplateNode | undefined;
  params?: TemplateNode[];
  hash?: { pairs: { value: TemplateNode }[] } | undefined;
  program?: TemplateProgram | undefined;
  inverse?: TemplateProgram | undefined;
  /** Of a path. */
  original?: string | number | boolean | undefined;
  parts?: string[];
  depth?: number;
  data?: boolean;
}

/** A whole template, or the inside of a block. */
export interface TemplateProgram {
  body: TemplateNode[];
  blockParams?: string[];
}

/** Something whose value is known only while rendering: nothing in it can be checked. */
const unknownValue = Symbol('unknown value');

interface Scope {
  root: unknown;
  /** The innermost context first. */
  contexts: readonly unknown[];
  names: ReadonlyMap<string, unknown>;
  insideEach: boolean;
}

export interface CheckTemplateOptions {
  program: TemplateProgram;
  values: unknown;
  helpers: readonly string[];
  /** Makes a problem of a message and a place. */
  problem: (place: Place, message: string, hint?: string) => SourceProblem;
}

const blockHelpers = ['if', 'unless', 'each', 'with'];
const loopVariables = ['index', 'key', 'first', 'last'];

/**
 * Everything that a template asks for and is not there: values, helpers, partials. Both branches of a condition are
 * looked at, so a template is found incomplete on the first run and not on the first run that takes that branch.
 * (Handlebars' own `strict` stops at the first, gives a place only sometimes, and lets `a.b.c` through to a TypeError.)
 */
export function checkTemplate(options: CheckTemplateOptions): SourceProblem[] {
  const problems = new Map<string, SourceProblem>();
  const report = (node: TemplateNode, message: string, hint?: string): void => {
    const place = node.loc.start;
    problems.set(`${place.line}:${place.column} ${message}`, options.problem(place, message, hint));
  };
  const scope: Scope = {
    root: options.values,
    contexts: [options.values],
    names: new Map(),
    insideEach: false,
  };
  new TemplateChecker(options.helpers, report).program(options.program, scope);
  return [...problems.values()];
}

class TemplateChecker {
  readonly #helpers: readonly string[];
  readonly #report: (node: TemplateNode, message: string, hint?: string) => void;

  constructor(
    helpers: readonly string[],
    report: (node: TemplateNode, message: string, hint?: string) => void,
  ) {
    this.#helpers = helpers;
    this.#report = report;
  }

  program(program: TemplateProgram | undefined, scope: Scope): void {
    for (const node of program?.body ?? []) this.#statement(node, scope);
  }

  #statement(node: TemplateNode, scope: Scope): void {
    if (node.type === 'MustacheStatement') this.#expression(node, scope);
    else if (node.type === 'BlockStatement') this.#block(node, scope);
    else if (/Partial|Decorator/.test(node.type)) {
      this.#report(node, 'A template cannot include another file or define one.');
    }
  }

  #block(node: TemplateNode, scope: Scope): void {
    const helper = String(node.path?.original);
    const values = this.#arguments(node, scope);
    if (!blockHelpers.includes(helper)) {
      const meant = didYouMean(helper, blockHelpers);
      this.#report(
        node,
        `There is no block "${helper}".`,
        meant === undefined ? blockHint : `Did you mean "#${meant}"?`,
      );
    }
    const inner = helper === 'each' ? elements(values[0]) : helper === 'with' ? [values[0]] : undefined;
    for (const context of inner ?? [])
      this.program(node.program, enter(scope, node.program, context, helper));
    if (inner === undefined) this.program(node.program, scope);
    this.program(node.inverse, scope);
  }

  #expression(node: TemplateNode, scope: Scope): unknown {
    const path = node.path;
    const name = String(path?.original);
    const values = this.#arguments(node, scope);
    if (this.#helpers.includes(name)) return unknownValue;
    if (values.length === 0 && path !== undefined) return this.#value(path, scope);
    const meant = didYouMean(name, this.#helpers);
    const hint =
      meant === undefined ? `The helpers are ${this.#helpers.join(', ')}.` : `Did you mean "${meant}"?`;
    this.#report(node, `There is no helper "${name}".`, hint);
    return unknownValue;
  }

  #arguments(node: TemplateNode, scope: Scope): unknown[] {
    const pairs = node.hash?.pairs ?? [];
    return [...(node.params ?? []), ...pairs.map((pair) => pair.value)].map((value) =>
      this.#value(value, scope),
    );
  }

  #value(node: TemplateNode, scope: Scope): unknown {
    if (node.type === 'SubExpression') return this.#expression(node, scope);
    if (node.type !== 'PathExpression') return unknownValue;
    const parts = node.parts ?? [];
    const [first = ''] = parts;
    if (node.data === true) {
      if (first === 'root') return this.#resolve(node, parts.slice(1), scope.root);
      if (!(scope.insideEach && loopVariables.includes(first)))
        this.#report(node, `There is no "@${first}" here.`);
      return unknownValue;
    }
    if (node.depth === 0 && scope.names.has(first))
      return this.#resolve(node, parts.slice(1), scope.names.get(first));
    const depth = node.depth ?? 0;
    if (depth >= scope.contexts.length)
      this.#report(node, `"${String(node.original)}" leads out of the template.`);
    return this.#resolve(node, parts, scope.contexts[depth] ?? unknownValue);
  }

  #resolve(node: TemplateNode, parts: readonly string[], start: unknown): unknown {
    let value = start;
    for (const part of parts) {
      if (value === unknownValue) return value;
      const owner = value;
      value = property(owner, part);
      if (value !== undefined && value !== null) continue;
      const names = namesIn(owner);
      const meant = didYouMean(part, names);
      const hint =
        meant === undefined
          ? `The values here are ${names.join(', ') || 'none'}.`
          : `Did you mean "${meant}"?`;
      this.#report(node, `The value "${String(node.original)}" is missing.`, hint);
      return unknownValue;
    }
    return value;
  }
}

const blockHint = `The blocks are ${blockHelpers.map((name) => `#${name}`).join(', ')}.`;

function enter(scope: Scope, program: TemplateProgram | undefined, context: unknown, helper: string): Scope {
  const [itemName, indexName] = program?.blockParams ?? [];
  const names = new Map(scope.names);
  if (itemName !== undefined) names.set(itemName, context);
  if (indexName !== undefined) names.set(indexName, unknownValue);
  return {
    ...scope,
    names,
    contexts: [context, ...scope.contexts],
    insideEach: scope.insideEach || helper === 'each',
  };
}

function elements(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [unknownValue];
}

/** The names of what is there to be used. */
function namesIn(owner: unknown): string[] {
  if (typeof owner !== 'object' || owner === null || Array.isArray(owner)) return [];
  return Object.entries(owner).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [name],
  );
}

/** Own properties only: nothing of a prototype is a value. */
function property(owner: unknown, name: string): unknown {
  if (typeof owner !== 'object' || owner === null || !Object.hasOwn(owner, name)) return undefined;
  return (owner as Record<string, unknown>)[name];
}
