import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { listFiles } from '../../load/list-files.ts';
import { scenarioJsonSchema } from '../../load/scenario-json-schema.ts';
import { scenarioNames } from '../../load/scenario-folders.ts';
import { suggestIdentifier } from '../../load/suggest-identifier.ts';
import { UsageError } from '../../model/errors.ts';
import { scenarioSchema } from '../../model/scenario.ts';
import { quoteShell } from '../../provision/quote.ts';
import { packageFolders } from '../package-folders.ts';
import { print } from '../print.ts';
import { writeNewFolder } from '../write-new-folder.ts';

/** What the skeleton is called in its own files. */
const placeholder = /\bskeleton\b/g;
const schemaFile = 'scenario.schema.json';

/** `lab new`: a folder with a scenario that can be played at once, to be made into another. Throws LAB_USAGE and LAB_FOLDER_TAKEN. */
export async function newScenario(name: string, { dir }: { dir: string }): Promise<void> {
  await assertName(name);
  const folder = join(dir, name);
  await writeNewFolder(folder, await skeleton(name));
  const file = join(folder, `${name}.yaml`);
  print(nextSteps(name, folder.startsWith(sep) ? file : `.${sep}${file}`));
}

async function assertName(name: string): Promise<void> {
  const isName = scenarioSchema.shape.name.safeParse(name).success;
  const packaged = await scenarioNames(packageFolders);
  if (isName && !packaged.includes(name)) return;
  const suggestion = isName ? `my-${name}`.slice(0, 40) : suggestIdentifier(name);
  const why = isName
    ? `"${name}" is a scenario that comes with lab, and two labs cannot have one name.`
    : `${JSON.stringify(name)} cannot be the name of a scenario: a letter, then lower-case letters, digits and hyphens, at most 40 in all.`;
  throw new UsageError('LAB_USAGE', why, { hint: `For example \`lab new ${suggestion ?? 'my-lab'}\`.` });
}

/** The files of a new scenario, path to text. */
async function skeleton(name: string): Promise<Map<string, string>> {
  const source = join(packageFolders.scenariosDir, 'skeleton');
  const files = new Map<string, string>();
  for (const path of await listFiles(source)) {
    const text = (await readFile(join(source, path), 'utf8')).replace(placeholder, name);
    const isScenario = path === 'scenario.yaml';
    // Beside the file: found wherever the folder is copied to, without a network and whatever becomes of this installation.
    files.set(
      isScenario ? `${name}.yaml` : path,
      isScenario ? text.replace(/\$schema=.*/, `$schema=./${schemaFile}`) : text,
    );
  }
  return files.set(schemaFile, `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
}

function nextSteps(name: string, file: string): string {
  const path = /^[\w./-]+$/.test(file) ? file : quoteShell(file);
  return [
    `${file}: a page on a server, with all that a scenario needs. What next:`,
    `  lab validate ${path}      what is wrong in it`,
    `  lab up ${path} --dry-run  what it would do`,
    `  lab up ${path}            do it; \`lab play ${name}\` again after a change`,
    `  lab prove ${path}         that its checks notice`,
    `  lab destroy ${name}`,
  ].join('\n');
}
