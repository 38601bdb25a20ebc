import { compareBoxVersions } from '../vagrant/box-version.ts';
import type { BoxFile, BoxMetadata } from './box-metadata.ts';

/** What a machine needs. */
export interface BoxWish {
  /** Exactly this one; without it the newest that fits. */
  version?: string;
  /** Vagrant's name, e.g. `virtualbox`. */
  provider: string;
  architecture: 'amd64' | 'arm64';
}

/** The version and the file of it to take. Throws an Error that says what was asked for and what there is. */
export function chooseBox(metadata: BoxMetadata, wish: BoxWish): { version: string; file: BoxFile } {
  const versions = [...metadata.versions].sort((a, b) => compareBoxVersions(b.version, a.version));
  const candidates = versions.filter(({ version }) => wish.version === undefined || version === wish.version);
  if (candidates.length === 0) {
    const names = versions.map((entry) => entry.version);
    throw new Error(`it has no version ${wish.version ?? ''}; it has ${some(names)}`);
  }
  for (const { version, providers } of candidates) {
    const file = fileFor(providers, wish);
    if (file !== undefined) return { version, file };
  }
  const found = candidates.flatMap(({ version, providers }) =>
    providers.map((file) => `${version} for ${file.name} (${file.architecture ?? 'amd64'})`),
  );
  throw new Error(`it has nothing for ${wish.provider} (${wish.architecture}); it has ${some(found)}`);
}

/** Files without an architecture are of the time when there was only one. */
function fileFor(files: readonly BoxFile[], { provider, architecture }: BoxWish): BoxFile | undefined {
  const own = files.filter((file) => file.name === provider);
  const old = own.filter((file) => [undefined, null, '', 'unknown'].includes(file.architecture));
  return (
    own.find((file) => file.architecture === architecture) ??
    (architecture === 'amd64'
      ? (old.find((file) => file.default_architecture === true) ?? old[0])
      : undefined)
  );
}

const shown = 8;

function some(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const more = names.length > shown ? ` and ${names.length - shown} more` : '';
  return names.slice(0, shown).join(', ') + more;
}
