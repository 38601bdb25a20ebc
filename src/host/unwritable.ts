import { systemErrorCode } from '../io/system-error.ts';
import { TornFileError } from './write-in-place.ts';

/** Why a file of the host could not be changed, and what to do. `otherwise`: how to do without it. */
export function explainUnwritable(
  file: string,
  error: Error,
  otherwise: string,
): { message: string; hint: string } {
  if (error instanceof TornFileError) {
    return { message: `${error.message}.`, hint: 'Compare the two, put the file right and remove the copy.' };
  }
  const why = adviceFor(systemErrorCode(error), file);
  const hint = why === undefined ? otherwise : `${why} ${otherwise}`;
  return { message: `${file} was not changed: ${error.message}.`, hint };
}

function adviceFor(code: string | undefined, file: string): string | undefined {
  if (code === 'EACCES') return `It, or its folder, is read-only for this user (\`ls -l ${file}\`).`;
  if (code === 'EPERM') {
    return `It, or its folder, may be immutable: \`lsattr ${file}\` shows it, \`sudo chattr -i ${file}\` ends it.`;
  }
  if (code === 'EROFS') return 'The file system is read-only.';
  return code === 'ENOSPC' || code === 'EDQUOT' ? 'The disk is full.' : undefined;
}
