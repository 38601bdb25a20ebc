import { maskSecrets } from './mask-secrets.ts';

/** The last lines of an output, for an error message. Secrets go first: a part of a key is not known for one. */
export function lastLines(text: string, count = 15): string {
  return maskSecrets(text).trimEnd().split('\n').slice(-count).join('\n');
}
