import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { LabUser } from './lab-user.ts';

/** A discovery service that runs. */
export interface DiscoveryServe {
  url: string;
  /** As Ctrl-C does; gives the exit code. */
  stop(): Promise<number | null>;
}

/** Starts `lab discovery serve` and waits until it says where it listens. */
export async function serveDiscovery(user: LabUser, ...args: string[]): Promise<DiscoveryServe> {
  const words = [resolve('dist/bin.js'), 'discovery', 'serve', ...args];
  const child = spawn(process.execPath, words, { env: user.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let said = '';
  const url = new Promise<string>((done) => {
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString();
      const found = /Discovery service on (\S+);/.exec(said)?.[1];
      if (found !== undefined) done(found);
    });
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  });
  return {
    url: await Promise.race([
      url,
      ended.then(() => {
        throw new Error(`lab discovery serve ended: ${said}`);
      }),
    ]),
    stop: async () => {
      child.kill('SIGINT');
      return (await ended)[0];
    },
  };
}
