import { mkdir } from 'node:fs/promises';
import { HostsFile } from '../../src/host/hosts-file.ts';
import { systemClock } from '../../src/io/clock.ts';
import { hostLockPath, labDir } from '../../src/state/lab-home.ts';

/** A process that brings one lab's block into a hosts file and out of it again: FILE LAB_HOME LAB ROUNDS. */
const [file = '', home = '', lab = '', rounds = '0'] = process.argv.slice(2);
await mkdir(labDir(home, lab), { recursive: true });
const unexpected = (): Promise<never> => Promise.reject(new Error('unexpected'));
const hosts = new HostsFile({
  file,
  lab,
  labDir: labDir(home, lab),
  lockPath: hostLockPath(home),
  exec: unexpected,
  confirm: unexpected,
  clock: systemClock,
});
for (let round = 0; round < Number(rounds); round += 1) {
  const entries = [{ address: `10.0.0.${String(round)}`, names: [lab] }];
  await hosts.write(entries);
  const state = await hosts.inspect(entries);
  const outcome = await hosts.remove();
  if (state !== 'current' || outcome !== 'changed')
    throw new Error(`round ${String(round)}: ${state}, ${outcome}`);
}
