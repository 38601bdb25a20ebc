import { formatError } from '../report/format-error.ts';
import { maskAll, maskSecrets } from '../run/mask-secrets.ts';

/** What would move a cursor, set a title, or turn text round; colours stay. */
const control =
  /\u001b(?!\[[0-9;]*m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Writes the answer of a command, without secrets and control characters: stdout is output, stderr is talk. */
export function print(text: string): void {
  const shown = maskSecrets(text).replace(control, '�');
  process.stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(maskAll(value), null, 2));
}

/** Tells people of an error on stderr, without secrets; for a terminal in colour. */
export function printError(error: unknown): void {
  const color = process.stderr.isTTY && process.env['NO_COLOR'] === undefined;
  process.stderr.write(`${maskSecrets(formatError(error, { color }))}\n`);
}

/** Columns padded to their widest cell, two blanks apart. */
export function formatColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
