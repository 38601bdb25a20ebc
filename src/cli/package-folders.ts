import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Folders that come with the package. */
export const packageFolders = {
  scenariosDir: join(root, 'scenarios'),
  cloudConfigDir: join(root, 'cloud-config'),
  vagrantDir: join(root, 'vagrant'),
};
