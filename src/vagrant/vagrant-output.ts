/**
 * What one line of `vagrant --machine-readable` says: `UNIX_SECONDS,TARGET,TYPE,DATA,...`
 * (https://developer.hashicorp.com/vagrant/docs/cli/machine-readable and lib/vagrant/ui.rb of Vagrant 2.3.4).
 * Vagrant writes `%!(VAGRANT_COMMA)` for a comma and `\n`, `\r` for line ends; it does not escape backslashes, so a
 * backslash followed by `n` in the original text cannot be told from a line end.
 */
export type VagrantRow =
  | { kind: 'ui'; machine: string | undefined; level: string; text: string }
  | { kind: 'action'; machine: string | undefined; action: string; phase: 'start' | 'end' }
  /** The last word of a failed command: the Ruby class of the error and its message. */
  | { kind: 'error-exit'; errorClass: string; message: string }
  /** Any other type, e.g. `state`, `metadata`. */
  | { kind: 'data'; machine: string | undefined; type: string; values: string[] }
  /** A line that is not machine-readable: errors before Vagrant has read its options, Ruby's own words, plugins. */
  | { kind: 'text'; text: string };

/** Reads one line of output, without its newline. Every line is some row; nothing is lost. */
export function parseVagrantLine(line: string): VagrantRow {
  const [, target = '', type = '', data = ''] = /^\d+,([^,]*),([^,]+),(.*)$/s.exec(line) ?? [];
  if (type === '') return { kind: 'text', text: line };
  const machine = target === '' ? undefined : target;
  const values = data.split(',').map(unescapeField);
  const [first = '', second = ''] = values;
  if (type === 'ui') return { kind: 'ui', machine, level: first, text: withoutPrefix(second, machine) };
  if (type === 'action' && (second === 'start' || second === 'end')) {
    return { kind: 'action', machine, action: first, phase: second };
  }
  if (type === 'error-exit') return { kind: 'error-exit', errorClass: first, message: second.trim() };
  return { kind: 'data', machine, type, values };
}

function unescapeField(field: string): string {
  return field.replaceAll('%!(VAGRANT_COMMA)', ',').replaceAll('\\n', '\n').replaceAll('\\r', '\r');
}

/** Vagrant's `==> core-01: ` and `    core-01: ` at the start of each line: the row's target says the same. */
function withoutPrefix(text: string, machine: string | undefined): string {
  if (machine === undefined) return text;
  return text
    .split('\n')
    .map((line) => {
      const prefix = [`==> ${machine}: `, `    ${machine}: `].find((candidate) => line.startsWith(candidate));
      return prefix === undefined ? line : line.slice(prefix.length);
    })
    .join('\n')
    .trim();
}
