import type { YAMLParseError, YAMLWarning } from 'yaml';

type YamlError = YAMLParseError | YAMLWarning;

/** A mistake of YAML in plain words. */
export interface SyntaxMistake {
  offset: number;
  message: string;
  hint: string | undefined;
  /** The parser read all else as it is meant, so that one can go on with it. */
  leavesData: boolean;
}

/** What the parser found, one mistake a line at most. `lineAt` gives the line at an offset. */
export function syntaxMistakes(
  errors: readonly YamlError[],
  lineAt: (offset: number) => { line: number; lineText: string },
): SyntaxMistake[] {
  const seen = new Set<number>();
  return withoutConsequences(errors).flatMap((error): SyntaxMistake[] => {
    const [offset] = error.pos;
    const { line, lineText } = lineAt(offset);
    if (seen.has(line)) return [];
    seen.add(line);
    const leavesData = error.code === 'DUPLICATE_KEY';
    return [{ offset, message: plainMessage(error.message), hint: hintFor(error, lineText), leavesData }];
  });
}

/** After a mistake the parser may find fault with everything that follows; what it says then helps nobody. */
function withoutConsequences(errors: readonly YamlError[]): YamlError[] {
  // What is indented with a tab is on no level at all, and so is what stands below it.
  const firstTab = errors.find(({ code }) => code === 'TAB_AS_INDENT')?.pos[0] ?? Infinity;
  return errors.filter(
    ({ code, pos, message }, index) =>
      (pos[0] <= firstTab || code === 'TAB_AS_INDENT') &&
      (index === 0 || !message.includes('in YAML stream')),
  );
}

function plainMessage(message: string): string {
  return message
    .replace(/^Map keys must be unique$/, 'This key is there twice.')
    .replace(/^Source contains multiple documents;.*$/, 'A file holds one document; here begins another.')
    .replace(/^Missing closing (["'])quote$/, 'Missing closing $1');
}

function hintFor({ code, message }: YamlError, line: string): string | undefined {
  if (code === 'TAB_AS_INDENT') return 'Indent with spaces.';
  if (code === 'DUPLICATE_KEY' || code === 'MULTIPLE_DOCS') return undefined;
  if (code === 'BAD_SCALAR_START')
    return 'Inside { } and [ ] a text stands on one line; write the keys below each other.';
  if (code === 'BAD_INDENT' && message.startsWith('Flow')) {
    return 'A { or [ above is not closed; " #" begins a comment.';
  }
  if (line.includes('{{')) return 'Put a text that holds {{ }} in quotes.';
  return ['BLOCK_AS_IMPLICIT_KEY', 'MULTILINE_IMPLICIT_KEY', 'UNEXPECTED_TOKEN'].includes(code)
    ? 'Put a text that holds ": " or " #", or begins with a special character, in quotes.'
    : undefined;
}
