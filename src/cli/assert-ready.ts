import { EnvironmentError, type Problem } from '../model/errors.ts';

/** Throws LAB_PREFLIGHT (or the one problem's own code) with everything that stands in the way. */
export function assertReady(problems: readonly Problem[]): void {
  const errors = problems.filter((problem) => problem.severity === 'error');
  const [first, ...others] = errors;
  if (first === undefined) return;
  if (others.length === 0) throw new EnvironmentError(first.code, first.message, { hint: first.fix });
  throw new EnvironmentError('LAB_PREFLIGHT', 'This machine is not ready for the lab:', {}, errors);
}
