import type { CommandCheck } from '../model/scenario.ts';
import { excerpt, summarise } from './check-finding.ts';
import type { Finding } from './check-finding.ts';
import { checkText } from './check-text.ts';

/** How a command ended. */
export interface CommandOutput {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/**
 * Holds the end of a command against its rendered expectation. Texts, tables and JSON are looked for in standard output.
 * When the exit status is wrong that alone is told, with standard error if there is any: the rest is a consequence.
 */
export function checkOutput(expectation: CommandCheck['expect'], output: CommandOutput): Finding {
  const exit = checkExit(expectation.exit, output.exitCode);
  if (!exit.passed) return summarise([exit], seen([output.stderr, output.stdout]));
  return summarise([exit, ...checkText(expectation, output.stdout)], seen([output.stdout, output.stderr]));
}

function checkExit(wanted: number | 'nonzero', actual: number): Finding {
  return {
    passed: wanted === 'nonzero' ? actual !== 0 : actual === wanted,
    expected: wanted === 'nonzero' ? 'an exit status other than 0' : `exit status ${wanted}`,
    actual: `exit status ${actual}`,
  };
}

function seen(streams: string[]): string {
  return excerpt(streams.find((stream) => stream.trim() !== '') ?? 'no output');
}
