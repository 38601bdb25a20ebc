import { UsageError } from '../model/errors.ts';

/** The number given with --parallel. Throws LAB_USAGE. */
export function machinesAtOnce(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new UsageError('LAB_USAGE', `--parallel must be a whole number from 1 on, not "${text}".`, {
    hint: 'For example --parallel 2; without it lab chooses.',
  });
}
