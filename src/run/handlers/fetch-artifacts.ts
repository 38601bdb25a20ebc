import { filesToInstall } from '../../model/files-to-install.ts';
import type { Handler } from '../runner.ts';

/** Fetches what will be put on the machines before any of them is made, so that a missing archive costs nothing. */
export const fetchArtifacts: Handler<'fetch-artifacts'> = async (task, context, report) => {
  const messages: string[] = [];
  for (const name of task.artifacts) {
    const definition = context.scenario.artifacts[name];
    if (definition === undefined) continue;
    const said = await context.fetchArtifact(definition, name, (text) => {
      report.progress(text);
    });
    messages.push(said);
  }
  // An archive without what is to be installed is found now, before any machine is made.
  const { edition } = context.state();
  const install = filesToInstall(context.scenario, edition, context.provider.name);
  for (const file of install) await context.artifactContent(file);
  return { status: 'changed', message: messages.join('; ') };
};
