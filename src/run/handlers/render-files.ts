import { count } from '../../model/count.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrivateDirectory, writeFileAtomically } from '../../io/files.ts';
import { renderProject } from '../render-project.ts';
import type { Handler } from '../runner.ts';

/** Renders the files of every Vagrant project of the lab into the lab's folder. */
export const renderFiles: Handler<'render-files'> = async (_task, context) => {
  const { machines, paths, provider, scenario, readAsset, render } = context;
  const state = context.state();
  const authorizedKey = (await readFile(`${paths.privateKey}.pub`, 'utf8')).trim();
  let written = 0;
  for (const project of new Set(machines.map((machine) => machine.project))) {
    const files = await renderProject({
      project,
      scenario,
      machines,
      state,
      privateKeyPath: paths.privateKey,
      authorizedKey,
      network: context.networkName,
      provider,
      readAsset,
      render,
    });
    await createPrivateDirectory(paths.project(project));
    for (const [name, content] of Object.entries(files)) {
      await writeFileAtomically(join(paths.project(project), name), content, { mode: 0o600 });
      written += 1;
    }
  }
  return { status: 'changed', message: count(written, 'file') };
};
