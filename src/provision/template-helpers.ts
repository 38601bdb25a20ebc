import type { LiteralValue } from './quote.ts';
import { quoteRuby, quoteShell, quoteSystemd, quoteYaml } from './quote.ts';

/** Computes what `{{name argument ...}}` stands for. Throws an Error that says what is wrong with the arguments. */
export type TemplateHelper = (...values: readonly unknown[]) => unknown;

/**
 * What templates can call besides Handlebars' own `if`, `unless`, `each` and `with`. Nothing is escaped by itself, so
 * a template says for which language each value is meant:
 *
 * - `ruby`, `yaml`: the value as a literal of that language; texts, numbers, booleans and lists of them;
 * - `shell`: the value as one word of a shell; `systemd`: the inside of `Environment="NAME=..."`;
 * - `json`: any value as JSON on one line; `rubyGlobal`: a name as Ruby global, `$name`;
 * - `pad number width`: with leading zeros; `add a b`; `eq a b`.
 */
export const templateHelpers: Readonly<Record<string, TemplateHelper>> = {
  ruby: (value) => quoteRuby(literal(value)),
  yaml: (value) => quoteYaml(literal(value)),
  shell: (value) => quoteShell(text(value)),
  systemd: (value) => quoteSystemd(text(value)),
  json: (value) => JSON.stringify(value),
  rubyGlobal: (name) => {
    const given = text(name);
    if (!/^[a-z_][A-Za-z0-9_]*$/.test(given)) {
      throw new TypeError(`${JSON.stringify(given)} cannot be the name of a Ruby global.`);
    }
    return `$${given}`;
  },
  pad: (value, width) => text(value).padStart(number(width), '0'),
  add: (one, other) => number(one) + number(other),
  eq: (one, other) => one === other,
};

function literal(value: unknown): LiteralValue {
  if (Array.isArray(value)) return value.map(literal);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new TypeError('This value is neither a text, nor a number, a boolean or a list of them.');
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError('This value is neither a text, nor a number or a boolean.');
}

function number(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError('This value is not a number.');
  return value;
}
