import { hostsFileOf } from './hosts-file-of.ts';

/** A process that brings one lab's block into a hosts file and out of it again: FILE LAB_HOME LAB ROUNDS. */
const [file = '', home = '', lab = '', rounds = '0'] = process.argv.slice(2);
const hosts = hostsFileOf(file, home, lab);
for (let round = 0; round < Number(rounds); round += 1) {
  const entries = [{ address: `10.0.0.${String(round)}`, names: [lab] }];
  await hosts.write(entries);
  const state = await hosts.inspect(entries);
  const outcome = await hosts.remove();
  if (state !== 'current' || outcome !== 'changed')
    throw new Error(`round ${String(round)}: ${state}, ${outcome}`);
}
