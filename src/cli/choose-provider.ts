import { join } from 'node:path';
import { UsageError } from '../model/errors.ts';
import { didYouMean } from '../load/did-you-mean.ts';
import { DockerProvider } from '../providers/docker/docker-provider.ts';
import type { Provider } from '../providers/provider.ts';
import { packageFolders } from './package-folders.ts';
import type { Tools } from './tools.ts';

/** The providers of this release by Vagrant's name. */
const providers: Record<string, (tools: Tools) => Provider> = {
  docker: ({ exec, cache }) =>
    new DockerProvider({
      exec,
      cacheDir: cache,
      imageDir: join(packageFolders.vagrantDir, 'node-image'),
      env: process.env,
    }),
};

/** The provider asked for, or the one that the lab was made with, or the default; and why. Throws LAB_PROVIDER_UNSUPPORTED. */
export function chooseProvider(
  asked: string,
  recorded: string | undefined,
  tools: Tools,
): { provider: Provider; reason: string } {
  const known = Object.keys(providers);
  if (asked !== 'auto' && recorded !== undefined && asked !== recorded) {
    throw new UsageError('LAB_PROVIDER_UNSUPPORTED', `The lab was made with the provider ${recorded}.`, {
      hint: 'To change it: `lab destroy`, then `lab up --provider ...`.',
    });
  }
  const name = asked === 'auto' ? (recorded ?? 'docker') : asked;
  const make = providers[name];
  if (make === undefined) {
    const suggestion = didYouMean(name, known);
    throw new UsageError(
      'LAB_PROVIDER_UNSUPPORTED',
      `This release of lab cannot drive the provider "${name}".`,
      {
        hint: suggestion === undefined ? `It can drive: ${known.join(', ')}.` : `Did you mean ${suggestion}?`,
      },
    );
  }
  const reason =
    asked === 'auto' ? `provider ${name}: the only one of this release` : `provider ${name}: asked for`;
  return { provider: make(tools), reason };
}
