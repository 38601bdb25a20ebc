import { mkdirSync } from 'node:fs';
import { HostsFile } from '../../src/host/hosts-file.ts';
import { systemClock } from '../../src/io/clock.ts';
import { hostLockPath, labDir } from '../../src/state/lab-home.ts';

const unexpected = (): Promise<never> => Promise.reject(new Error('unexpected'));

/** The block of a lab in a file that this user may write: nobody is asked, and nothing is run. Makes the lab's folder. */
export function hostsFileOf(file: string, home: string, lab: string): HostsFile {
  mkdirSync(labDir(home, lab), { recursive: true });
  return new HostsFile({
    file,
    lab,
    labDir: labDir(home, lab),
    lockPath: hostLockPath(home),
    exec: unexpected,
    confirm: unexpected,
    clock: systemClock,
  });
}
