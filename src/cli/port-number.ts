import { UsageError } from '../model/errors.ts';

/** A TCP port from the command line; 0 asks for any free one. Throws LAB_USAGE. */
export function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port < 65536) return port;
  throw new UsageError('LAB_USAGE', `"${text}" is no port.`, {
    hint: 'Ports are whole numbers from 0 (any) to 65535.',
  });
}
