import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node, Pair } from 'yaml';
import type { SourcePosition, SourceProblem } from '../model/errors.ts';
import { syntaxMistakes } from './syntax-mistakes.ts';

/** Keys and list indexes (from 0) that lead from the top of a document to a place in it. */
export type DataPath = readonly (string | number)[];

/** Something wrong at a place in the data. */
export interface PathProblem {
  path: DataPath;
  /** Whether the key itself is meant or the value it holds. */
  at: 'key' | 'value';
  message: string;
  hint?: string;
  /** The part of a text that is meant, e.g. `{{nodse}}`: the place is there, where the file has it as it is. */
  excerpt?: string;
}

/** A YAML file that was read: its data, and where each part of it stands. */
export interface YamlSource {
  readonly file: string;
  readonly data: unknown;
  /** Syntax mistakes. `data` is undefined where they leave nothing to go on with; a key that is there twice does. */
  readonly problems: readonly SourceProblem[];
  /** The place of a key or value; of the nearest thing around it where the path leads nowhere. */
  position(path: DataPath, at: 'key' | 'value'): SourcePosition;
  /** The problem with its position and source line. */
  locate(problem: PathProblem): SourceProblem;
}

/** Aliases may make the data this many times larger than the text; more is an attack or a mistake ("billion laughs"). */
const maxAliasCount = 100;

/** Reads YAML 1.2 (core schema, so `yes` is a text and `0644` a number). Throws nothing: mistakes are in `problems`, all of them. */
export function readYaml(file: string, text: string): YamlSource {
  const lines = text.split(/\r\n|\r|\n/);
  const counter = new LineCounter();
  const positionAt = (offset: number): SourcePosition => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problemAt = (position: SourcePosition, message: string, hint?: string): SourceProblem => {
    const lineText = lines[position.line - 1];
    return {
      message,
      position,
      ...(lineText === undefined ? {} : { lineText }),
      ...(hint === undefined ? {} : { hint }),
    };
  };

  const parsed = parse(text, counter);
  if ('problem' in parsed) return broken(file, [problemAt(positionAt(0), parsed.problem)]);
  const { document } = parsed;
  const mistakes = syntaxMistakes([...document.errors, ...document.warnings], (offset) => {
    const { line } = positionAt(offset);
    return { line, lineText: lines[line - 1] ?? '' };
  });
  const syntax = mistakes.map(({ offset, message, hint }) => problemAt(positionAt(offset), message, hint));
  if (mistakes.some(({ leavesData }) => !leavesData)) return broken(file, syntax);
  const converted = convert(document);
  if ('problem' in converted) {
    return broken(file, [problemAt(positionAt(converted.offset), converted.problem)]);
  }

  const position = (path: DataPath, at: 'key' | 'value'): SourcePosition =>
    positionAt(offsetOf(document, path, at));
  return {
    file,
    data: converted.data,
    problems: syntax,
    position,
    locate: ({ path, at, message, hint, excerpt }) => {
      const offset = excerpt === undefined ? undefined : excerptOffset(document, path, text, excerpt);
      return problemAt(offset === undefined ? position(path, at) : positionAt(offset), message, hint);
    },
  };
}

function broken(file: string, problems: SourceProblem[]): YamlSource {
  const position = (): SourcePosition => ({ file, line: 1, column: 1 });
  return {
    file,
    data: undefined,
    problems,
    position,
    locate: ({ message }) => ({ message, position: position() }),
  };
}

function parse(text: string, lineCounter: LineCounter): { document: Document } | { problem: string } {
  try {
    return {
      document: parseDocument(text, { lineCounter, prettyErrors: false, version: '1.2', logLevel: 'error' }),
    };
  } catch (error) {
    if (error instanceof RangeError) return { problem: 'The file is nested too deeply.' };
    throw error;
  }
}

function convert(document: Document): { data: unknown } | { problem: string; offset: number } {
  try {
    return { data: document.toJS({ maxAliasCount }) };
  } catch (error) {
    // The library reports both with ReferenceError: aliases without an anchor, and too many of them.
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    let offset = 0;
    visit(document, {
      Alias: (_, alias) => {
        if (alias.resolve(document) !== undefined) return undefined;
        offset = alias.range?.[0] ?? 0;
        return visit.BREAK;
      },
    });
    return { problem: error.message, offset };
  }
}

/** Where a part of a text stands; undefined where the file writes it in another way, e.g. with escapes. */
function excerptOffset(
  document: Document,
  path: DataPath,
  text: string,
  excerpt: string,
): number | undefined {
  const node = path.reduce<unknown>(
    (parent, segment) => childOf(parent, segment, document),
    document.contents,
  );
  if (!isScalar(node) || !node.range) return undefined;
  const [start, end] = node.range;
  const index = text.slice(start, end).indexOf(excerpt);
  return index < 0 ? undefined : start + index;
}

function childOf(parent: unknown, segment: string | number, document: Document): unknown {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node)) return node.items[Number(segment)];
  return isMap(node) ? node.items.find((item) => keyOf(item) === String(segment))?.value : undefined;
}

function offsetOf(document: Document, path: DataPath, at: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, segment] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const wantsKey = at === 'key' && index === path.length - 1 && !isSeq(node);
    const pair = isMap(node) ? node.items.find((item) => keyOf(item) === String(segment)) : undefined;
    const child = isSeq(node) ? node.items[Number(segment)] : pair?.value;
    // A key without a value has no value node to point at.
    const start = wantsKey ? startOf(pair?.key) : (startOf(child) ?? startOf(pair?.key));
    if (start === undefined) return offset;
    offset = start;
    node = child;
  }
  return offset;
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
