import { stripVTControlCharacters } from 'node:util';

/**
 * Output of programs without what would move a cursor, colour a terminal, turn the order of characters round (so that a
 * command is read as another one) or break an XML file; line ends stay.
 */
export function printable(text: string): string {
  const plain = stripVTControlCharacters(text.replaceAll('\r\n', '\n'));
  return plain
    .replaceAll('\t', '  ')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g, '�');
}

/** `0.3 s`, `41 s`, `2 min 5 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 120) return `${String(whole)} s`;
  return `${String(Math.floor(whole / 60))} min ${String(whole % 60)} s`;
}

/** A label and a text that can have several lines, those aligned below each other. */
export function labelled(label: string, text: string, width: number): string[] {
  const [first = '', ...rest] = printable(text).trimEnd().split('\n');
  return [`${`${label}:`.padEnd(width)} ${first}`, ...rest.map((line) => `${' '.repeat(width)} ${line}`)].map(
    (line) => line.trimEnd(),
  );
}
