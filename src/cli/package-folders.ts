import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder: this file may be in src/cli or in one of the bundles below dist. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

const root = packageRoot();

/** Folders that come with the package. */
export const packageFolders = {
  scenariosDir: join(root, 'scenarios'),
  cloudConfigDir: join(root, 'cloud-config'),
  vagrantDir: join(root, 'vagrant'),
};
