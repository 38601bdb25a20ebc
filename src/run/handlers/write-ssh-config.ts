import { writeSshFiles } from '../../host/ssh-config.ts';
import { foreignLinesText } from '../foreign-text.ts';
import { labSshConfig, labSshInclude } from '../host-set-up.ts';
import { recordChange } from '../record-change.ts';
import type { Handler } from '../runner.ts';

/** Writes the lab's ssh config with the machines' pinned host keys, and the one Include that leads to it. */
export const writeSshConfig: Handler<'write-ssh-config'> = async ({ file }, context) => {
  const { machines, provider, hostSetUp, paths, journal, signal } = context;
  // A connection to each machine pins its host key.
  await Promise.all(machines.map((machine) => context.connect(machine.name)));
  const config = await labSshConfig(context.state(), machines, provider, hostSetUp.home, signal);
  const warnings: string[] = [];
  const onForeign = (lines: readonly string[]): void => {
    warnings.push(...foreignLinesText({ file, lines, fate: 'kept' }));
  };
  const include = labSshInclude(file, hostSetUp, { onForeign });
  await recordChange(journal, await include.plannedChange(), async () => {
    await writeSshFiles(paths.lab, config, context.state().hostKeys);
    await include.add();
  });
  await context.updateState((state) => ({ ...state, sshConfigFile: file }));
  return { status: 'changed', message: machines.map((machine) => machine.name).join(', '), warnings };
};
