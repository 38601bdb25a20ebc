import type { Document, Node, Pair, YAMLMap, YAMLError } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { didYouMean } from '../load/did-you-mean.ts';
import type { SourceProblem } from '../model/errors.ts';
import { cloudConfigKeys } from './cloud-config-keys.ts';
import type { KeySpec, SectionSpec } from './key-spec.ts';

/** What was read, and all that is wrong with it. With problems, `value` is not to be used. */
export interface CloudConfigReading {
  value: unknown;
  problems: SourceProblem[];
}

/** A file deeper than this is no cloud-config; it would only exhaust the stack. */
const maxDepth = 20;

/**
 * Reads the YAML below the `#cloud-config` line against the key tree. YAML 1.1, as coreos-cloudinit's parser (go-yaml)
 * reads it: `off`, `yes` and the like are booleans. Numbers where a text belongs are taken as they are written.
 */
export function readCloudConfig(file: string, text: string): CloudConfigReading {
  const lineCounter = new LineCounter();
  const lines = text.split(/\r?\n/);
  const problems: SourceProblem[] = [];
  const report = (offset: number, message: string, hint?: string): void => {
    const { line, col } = lineCounter.linePos(offset);
    const lineText = lines[line - 1];
    problems.push({
      message,
      position: { file, line: Math.max(line, 1), column: Math.max(col, 1) },
      ...(lineText === undefined ? {} : { lineText }),
      ...(hint === undefined ? {} : { hint }),
    });
  };
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter, version: '1.1', prettyErrors: false });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    report(0, 'The file is nested too deeply.');
    return { value: undefined, problems };
  }
  for (const { pos, message, code } of syntaxErrors(document)) {
    report(pos[0], `This is not valid YAML: ${message}`, syntaxHints[code]);
  }
  const contents = document.contents as Node | null;
  if (problems.length > 0 || contents === null) return { value: {}, problems };
  const value = new CloudConfigReader(document, report).read(contents, cloudConfigKeys, 'the file', 0);
  return { value, problems };
}

type YAMLProblem = Pick<YAMLError, 'pos' | 'message' | 'code'>;

/** After the first mistake in its syntax the rest of a file makes no sense to a parser: only keys that are there twice are independent. */
function syntaxErrors({ errors, warnings }: Document.Parsed): YAMLProblem[] {
  const all: YAMLProblem[] = [...errors, ...warnings].map(({ pos, message, code }) => ({
    pos,
    message,
    code,
  }));
  all.sort((one, other) => one.pos[0] - other.pos[0]);
  const first = all.find(({ code }) => code !== 'DUPLICATE_KEY');
  return first === undefined ? all : [first];
}

const syntaxHints: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'Indent with blanks.',
  DUPLICATE_KEY: 'Write everything of one section below one key.',
};

class CloudConfigReader {
  readonly #document: Document.Parsed;
  readonly #report: (offset: number, message: string, hint?: string) => void;

  constructor(document: Document.Parsed, report: (offset: number, message: string, hint?: string) => void) {
    this.#document = document;
    this.#report = report;
  }

  /** The value of a node, or undefined when it is not what `spec` says; then that has been reported. */
  read(given: Node | null, spec: KeySpec, name: string, at: number, depth = 0): unknown {
    const node = isAlias(given) ? given.resolve(this.#document) : given;
    const offset = given?.range?.[0] ?? at;
    if (depth > maxDepth)
      return this.#wrong(offset, 'The file is nested too deeply, or an alias leads to itself.');
    if (node === undefined || node === null || (isScalar(node) && node.value === null)) {
      return this.#wrong(at, `"${name}" has no value.`, 'Give it one, or remove the key.');
    }
    if (spec.type === 'section') {
      if (!isMap(node)) return this.#wrongType(offset, name, 'a section with keys');
      return this.#section(node, spec, name, offset, depth);
    }
    if (spec.type === 'list') {
      if (!isSeq(node)) return this.#wrongType(offset, name, 'a list');
      return node.items.map((item) => this.read(item as Node | null, spec.items, name, offset, depth + 1));
    }
    if (!isScalar(node)) return this.#wrongType(offset, name, typeNames[spec.type]);
    return this.#scalar(node.value, node.source, spec, name, offset);
  }

  #section(map: YAMLMap, spec: SectionSpec, name: string, offset: number, depth: number): unknown {
    const value: Record<string, unknown> = {};
    for (const pair of map.items) this.#pair(pair, spec, name, value, depth);
    for (const key of spec.required ?? []) {
      if (!Object.hasOwn(value, key)) this.#wrong(offset, `"${key}" is missing in this entry of "${name}".`);
    }
    const mistake = spec.check?.(value);
    if (mistake !== undefined) this.#wrong(offset, mistake);
    return value;
  }

  #pair(
    { key, value }: Pair,
    spec: SectionSpec,
    name: string,
    into: Record<string, unknown>,
    depth: number,
  ): void {
    const offset = (key as Node | null)?.range?.[0] ?? 0;
    const word = isScalar(key) ? (key.source ?? String(key.value)) : String(key);
    const known = Object.hasOwn(spec.keys, word) ? spec.keys[word] : undefined;
    if (known !== undefined) into[word] = this.read(value as Node | null, known, word, offset, depth + 1);
    else this.#unknownKey(word, Object.keys(spec.keys), name, offset);
  }

  #unknownKey(word: string, known: readonly string[], name: string, offset: number): void {
    const underscored = word.replaceAll('-', '_');
    if (underscored !== word && known.includes(underscored)) {
      this.#wrong(
        offset,
        `"${word}" is written with a hyphen.`,
        `Write "${underscored}": Flatcar from 3975.2.0 on ignores hyphenated keys without a word.`,
      );
      return;
    }
    const meant = didYouMean(word, known);
    const hint = meant === undefined ? `The keys here are ${known.join(', ')}.` : `Did you mean "${meant}"?`;
    this.#wrong(
      offset,
      `There is no key "${word}" in ${name === 'the file' ? 'a cloud-config' : `"${name}"`}.`,
      hint,
    );
  }

  #scalar(
    value: unknown,
    source: string | undefined,
    spec: Exclude<KeySpec, { type: 'section' | 'list' }>,
    name: string,
    offset: number,
  ): unknown {
    const written = source ?? String(value);
    if (spec.type === 'text') {
      if (typeof value === 'boolean') {
        const message = `YAML reads ${written} as ${String(value)}, and "${name}" is a text.`;
        return this.#wrong(offset, message, `Put it in quotes: "${written}".`);
      }
      const text = typeof value === 'string' ? value : written;
      if (spec.form === undefined || spec.form.pattern.test(text)) return text;
      return this.#wrong(
        offset,
        `"${name}" cannot be ${JSON.stringify(text)}.`,
        `It must be ${spec.form.described}.`,
      );
    }
    if (spec.type === 'boolean')
      return typeof value === 'boolean' ? value : this.#wrongType(offset, name, 'true or false');
    if (typeof value !== 'number' || !Number.isFinite(value))
      return this.#wrongType(offset, name, typeNames[spec.type]);
    return spec.type === 'number' || Number.isSafeInteger(value)
      ? value
      : this.#wrongType(offset, name, typeNames[spec.type]);
  }

  #wrongType(offset: number, name: string, wanted: string): unknown {
    return this.#wrong(offset, `"${name}" must be ${wanted}.`);
  }

  /** Reports, and is the value of what was reported: none. */
  #wrong(offset: number, message: string, hint?: string): unknown {
    this.#report(offset, message, hint);
    return undefined;
  }
}

const typeNames = {
  text: 'a text',
  integer: 'a whole number, without quotes',
  number: 'a number, without quotes',
  boolean: 'true or false, without quotes',
} as const;
