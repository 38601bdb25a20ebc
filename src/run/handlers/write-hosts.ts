import { count } from '../../model/count.ts';
import { labHostsFile } from '../host-set-up.ts';
import { recordChange } from '../record-change.ts';
import type { Handler } from '../runner.ts';

/** Writes the lab's block to the hosts file. */
export const writeHosts: Handler<'write-hosts'> = async ({ file, entries }, context) => {
  const { lab } = context.state();
  await recordChange(context.journal, { kind: 'hosts-block', file, lab }, () =>
    labHostsFile(file, context.hostSetUp).write(entries),
  );
  await context.updateState((state) => ({ ...state, hostsFile: file }));
  return { status: 'changed', message: count(entries.length, 'name') };
};
