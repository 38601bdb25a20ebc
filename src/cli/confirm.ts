import { createInterface } from 'node:readline/promises';
import { UsageError } from '../model/errors.ts';

/** Asks a yes-or-no question on the terminal. Without one: yes with --yes, else LAB_CONFIRMATION_NEEDED. */
export async function confirm(question: string, yes: boolean, signal: AbortSignal): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY) {
    throw new UsageError('LAB_CONFIRMATION_NEEDED', `No terminal to ask on: ${question}`, {
      hint: 'Add --yes.',
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
