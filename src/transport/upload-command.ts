import { randomBytes } from 'node:crypto';
import { quoteShell } from '../provision/quote.ts';

/**
 * Takes a file from standard input. Arguments: path, temporary path, mode, size in bytes.
 * The size is compared because a connection that breaks looks like the end of the file to `cat`.
 */
const script = `
set -e
mkdir -p "$(dirname "$1")"
trap 'rm -f "$2"' EXIT
(umask 077; cat > "$2")
if [ "$(wc -c < "$2")" -ne "$4" ]; then echo "only $(wc -c < "$2") of $4 bytes arrived" >&2; exit 1; fi
chmod "$3" "$2"
if [ -d "$1" ]; then echo "$1 is a directory" >&2; exit 1; fi
mv -f "$2" "$1"
`;

/** The command that writes its standard input of `size` bytes to `path` as root: beside its place first, then renamed. */
export function uploadCommand(path: string, mode: string, size: number): string {
  const temporary = `${path}.lab-${randomBytes(6).toString('hex')}`;
  const argumentsText = [path, temporary, mode, String(size)].map(quoteShell).join(' ');
  return `sudo -n sh -c ${quoteShell(script)} sh ${argumentsText}`;
}
