import { editionFiles } from '../../model/edition-files.ts';
import { join } from 'node:path';
import { loadScenario } from '../../load/load-scenario.ts';
import { prepareRootfs } from '../../providers/docker/rootfs.ts';
import { createArtifactSource } from '../artifact-source.ts';
import type { CommandInput } from '../command-input.ts';
import { askedEdition } from '../asked-edition.ts';
import { packageFolders } from '../package-folders.ts';
import { print } from '../print.ts';
import { createTools } from '../tools.ts';

/** `lab prefetch`: the base of the node image and an edition's artifacts, into the cache. Needs no Docker engine. */
export async function prefetch(
  name: string,
  options: { edition?: string },
  input: CommandInput,
): Promise<void> {
  const tools = createTools();
  const { scenario } = await loadScenario(name, packageFolders);
  const edition = askedEdition(scenario, options.edition ?? 'auto');
  const talk = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const { exec, cache } = tools;
  const imageDir = join(packageFolders.vagrantDir, 'node-image');
  print(await prepareRootfs({ exec, cacheDir: cache, imageDir }, talk, input.signal));
  const source = createArtifactSource(scenario, tools, input.signal);
  const install = editionFiles(scenario, edition);
  for (const artifact of new Set(install.map((file) => file.artifact))) {
    const definition = scenario.artifacts[artifact];
    if (definition === undefined) continue;
    await source.fetch(definition, artifact, talk);
    print(`${artifact}: in the cache`);
  }
}
