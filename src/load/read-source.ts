import { readFile, stat } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { SourceError } from '../model/errors.ts';
import type { SourceProblem } from '../model/errors.ts';

/** Far more than a person writes; reading on would take seconds and say nothing. */
const largestSource = 1024 * 1024;
/** Of a file that is no text every line is wrong. */
const mostProblems = 10;

/**
 * Text of a file that a person wrote, without a byte order mark. Throws LAB_SCENARIO_INVALID where it is too large or not
 * UTF-8, with the lines that are not, and otherwise rejects as node:fs does.
 */
export async function readSource(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > largestSource) {
    const message = `it has ${Math.ceil(size / largestSource)} MB; a scenario has less than 1 MB`;
    throw notReadable(file, [{ message, position: { file, line: 1, column: 1 } }]);
  }
  const bytes = await readFile(file);
  try {
    return strictDecoder().decode(bytes);
  } catch {
    throw notReadable(file, encodingProblems(file, bytes));
  }
}

function strictDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { fatal: true });
}

function notReadable(file: string, problems: readonly SourceProblem[]): SourceError {
  return new SourceError('LAB_SCENARIO_INVALID', `The file ${file} cannot be read as text.`, problems);
}

function encodingProblems(file: string, bytes: Buffer): SourceProblem[] {
  const hint = 'Save the file as UTF-8.';
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff') {
    return [{ message: 'the file is UTF-16, not UTF-8', position: { file, line: 1, column: 1 }, hint }];
  }
  return linesOf(bytes)
    .flatMap((line, index): SourceProblem[] => {
      if (isText(line)) return [];
      const lineText = line.toString('utf8').replace(/\r$/, '');
      const position = { file, line: index + 1, column: lineText.indexOf('\ufffd') + 1 };
      return [{ message: 'this is not UTF-8', position, lineText, hint }];
    })
    .slice(0, mostProblems);
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return [...lines, bytes.subarray(start)];
}

function isText(line: Buffer): boolean {
  try {
    strictDecoder().decode(line);
    return true;
  } catch {
    return false;
  }
}
