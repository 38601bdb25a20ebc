import { formatHostsEntries, needsSudo } from '../../host/hosts-file.ts';
import type { HostChange } from '../../host/journal-entry.ts';
import { journaledLines } from '../../host/own-lines.ts';
import { count } from '../../model/count.ts';
import { foreignLinesText } from '../foreign-text.ts';
import { labHostsFile } from '../host-set-up.ts';
import { recordChange } from '../record-change.ts';
import type { Handler } from '../runner.ts';

/** Writes the lab's block to the hosts file. */
export const writeHosts: Handler<'write-hosts'> = async ({ file, entries }, context) => {
  const { journal, hostSetUp } = context;
  const change: HostChange = {
    kind: 'hosts-block',
    file,
    lab: context.state().lab,
    lines: formatHostsEntries(entries),
    ...((await needsSudo(file)) ? { sudo: true } : {}),
  };
  // Asked before the new entry is there.
  const open = await journal.open();
  const ownLines = journaledLines(open, file);
  const isKnown = open.some((entry) => entry.change.kind === 'hosts-block' && entry.change.file === file);
  const replaced = isKnown ? [] : await labHostsFile(file, hostSetUp, { ownLines: [] }).foreign(entries);
  const warnings = foreignLinesText({ file, lines: replaced, fate: 'replaced' });
  const onForeign = (lines: readonly string[]): void => {
    warnings.push(...foreignLinesText({ file, lines, fate: 'kept' }));
  };
  await recordChange(journal, change, () =>
    labHostsFile(file, hostSetUp, { ownLines, onForeign }).write(entries),
  );
  await context.updateState((state) => ({ ...state, hostsFile: file }));
  return { status: 'changed', message: count(entries.length, 'name'), warnings };
};
