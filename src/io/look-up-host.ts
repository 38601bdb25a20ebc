import { lookup } from 'node:dns';
import type { LookupAddress, LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Exec } from './exec.ts';

/** Looks a name up as dns.lookup does; rejects with its error, or with the signal's reason. */
export type LookUpHost = (
  name: string,
  options: LookupAllOptions,
  signal: AbortSignal,
) => Promise<LookupAddress[]>;

/** The resolver gives each name server 5 s: the third of them is still asked. With all that are silent it would go on for long. */
const longestMs = 15_000;

/** What the process prints: the addresses, or an error of dns.lookup. */
type Answer = { addresses: LookupAddress[] } | { error: { message: string; code?: string } };

const script = `
const [, name, options] = process.argv;
require('node:dns').lookup(name, JSON.parse(options), (error, addresses) => {
  const answer = error ? { error: { message: error.message, code: error.code } } : { addresses };
  process.stdout.write(JSON.stringify(answer));
});`;

/**
 * Looks names up in a process of its own, which ends with the signal. The system's resolver (getaddrinfo) cannot be
 * stopped, and Node.js does not exit before it has returned: with a name server that does not answer that is ten seconds
 * and more after a Ctrl-C. Another resolver would not know what the system knows: hosts file, VPN, mDNS.
 */
export function lookUpInProcess(exec: Exec): LookUpHost {
  return async (name, options, signal) => {
    const args = ['-e', script, '--', name, JSON.stringify({ ...options, all: true })];
    const result = await exec(process.execPath, args, { signal, timeoutMs: longestMs });
    const { exitCode, stdout, stderr, timedOut } = result;
    if (timedOut) throw Object.assign(new Error(`looking up ${name} takes too long`), { code: 'EAI_AGAIN' });
    if (exitCode !== 0) throw new Error(`looking up ${name} failed: ${stderr.trim()}`);
    const answer = JSON.parse(stdout) as Answer;
    if ('addresses' in answer) return answer.addresses;
    throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
  };
}

/** The same for a socket. `onPending` hears whether a lookup is under way. */
export function lookupFunction(
  lookUp: LookUpHost,
  signal: AbortSignal,
  onPending: (pending: boolean) => void,
): LookupFunction {
  return (name, options, callback) => {
    // It is in every hosts file; no name server is asked.
    if (name === 'localhost') {
      lookup(name, options, callback);
      return;
    }
    onPending(true);
    lookUp(name, { ...options, all: true }, signal).then(
      (addresses) => {
        onPending(false);
        const [first] = addresses;
        if (options.all === true || first === undefined) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => {
        callback(error as NodeJS.ErrnoException, []);
      },
    );
  };
}
