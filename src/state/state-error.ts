import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError, LabError } from '../model/errors.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: "this user's disk quota is used up",
  EACCES: 'this user may not write there',
  EPERM: 'the system does not permit it',
  EROFS: 'the file system is read-only',
};

/** Whether an error, or what `explainUnwritable` made of it, says that there is no room. */
export function isDiskFull(error: unknown): boolean {
  const cause = error instanceof EnvironmentError ? error.cause : error;
  return ['ENOSPC', 'EDQUOT'].includes(systemErrorCode(cause) ?? '');
}

/** LAB_STATE_UNWRITABLE for a system error met while `path` was written; anything else is given back as it is. */
export function explainUnwritable(error: unknown, path: string): unknown {
  const code = systemErrorCode(error);
  // Ours have a code, too.
  if (code === undefined || error instanceof LabError) return error;
  const reason = reasons[code] ?? (error as Error).message;
  return new EnvironmentError('LAB_STATE_UNWRITABLE', `${path} cannot be written: ${reason}.`, {
    hint: 'Free space, or set LAB_HOME to another folder. Nothing that was there is lost.',
    cause: error,
  });
}
