/** What can be written as a literal of Ruby or as one line of YAML. */
export type LiteralValue = string | number | boolean | readonly LiteralValue[];

/**
 * A Ruby literal that is the value and nothing else: texts double-quoted, on one line, in ASCII. What Ruby gives a
 * meaning to is escaped (`"`, `\`, the `#` of `#{}`), and so is all that is not printable ASCII, as `\u{...}`: Ruby
 * reads a CR LF inside a literal as LF, and what it takes for the encoding of a program can depend on the locale.
 * Throws for a number that is not finite.
 */
export function quoteRuby(value: LiteralValue): string {
  if (typeof value === 'object') return `[${value.map(quoteRuby).join(', ')}]`;
  if (typeof value !== 'string') return plainLiteral(value);
  const escaped = wellFormed(value).replace(/["\\#]/g, '\\$&');
  return `"${escaped.replace(/[^ -~]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)}"`;
}

/**
 * A YAML flow scalar (or list) on one line, read alike by YAML 1.1 and 1.2: a double-quoted JSON string in which also
 * the characters that YAML 1.1 takes for line breaks or for not printable are escaped.
 */
export function quoteYaml(value: LiteralValue): string {
  if (typeof value === 'object') return `[${value.map(quoteYaml).join(', ')}]`;
  if (typeof value !== 'string') return plainLiteral(value);
  const escaped = wellFormed(value).replace(/["\\]/g, '\\$&');
  return `"${escaped.replace(invisible, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  })}"`;
}

/** C0 and C1 controls, no-break space, line and paragraph separators, byte order mark, non-characters. */
const invisible = /[\0-\x1f\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]/g;

/** One word of a POSIX shell, single-quoted. Throws for NUL, which no argument can hold. */
export function quoteShell(value: string): string {
  if (value.includes('\0')) throw new RangeError('A shell word cannot hold the character NUL.');
  return `'${wellFormed(value).replaceAll("'", `'\\''`)}'`;
}

/**
 * The inside of `Environment="NAME=..."` of a systemd unit: backslash and double quote escaped, `%` doubled (it begins
 * a specifier), line breaks as `\n`, and what YAML, in whose block texts units are written, takes for a line break or for
 * not printable as `\uXXXX`. Throws for other control characters and for non-characters: systemd drops such an assignment
 * with no more than a line in its log (env_value_is_valid in src/basic/env-util.c).
 */
export function quoteSystemd(value: string): string {
  const refused = /[\0-\x08\x0b-\x1f\x7f]|\p{Noncharacter_Code_Point}/u.exec(value);
  if (refused !== null) {
    const code = (refused[0].codePointAt(0) ?? 0).toString(16).padStart(2, '0');
    throw new RangeError(`systemd takes no environment variable that holds the character 0x${code}.`);
  }
  return wellFormed(value)
    .replace(/[\\"]/g, '\\$&')
    .replaceAll('%', '%%')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replace(invisible, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function plainLiteral(value: number | boolean): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`${value} is not a number.`);
  return String(value);
}

function wellFormed(value: string): string {
  if (/\p{Surrogate}/u.test(value))
    throw new RangeError('The text is not valid Unicode (half a surrogate pair).');
  return value;
}
