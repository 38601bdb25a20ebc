import type { SourceProblem } from '../model/errors.ts';
import type { CloudConfig } from './cloud-config.ts';
import { readCloudConfig } from './read-cloud-config.ts';

const header = '#cloud-config';

/** A cloud-config with all that is wrong with it; without problems `config` is sound. */
export interface CheckedCloudConfig {
  config: CloudConfig;
  problems: SourceProblem[];
}

/**
 * Everything that is wrong with a user-data file, each with line and column, in the order of the file; empty when it
 * is sound. Stricter than `coreos-cloudinit -validate`: see docs/reference/cloud-config.md.
 */
export function validateCloudConfig(file: string, text: string): SourceProblem[] {
  return checkCloudConfig(file, text).problems;
}

/** As validateCloudConfig, with what was read. */
export function checkCloudConfig(file: string, text: string): CheckedCloudConfig {
  const headerProblem = checkHeader(file, text);
  if (headerProblem !== undefined) return { config: {}, problems: [headerProblem] };
  const { value, problems } = readCloudConfig(file, text);
  if (problems.length > 0) return { config: {}, problems: inOrder(problems) };
  // The reader has compared every key and value with the key tree, of which CloudConfig is the type.
  const config = value as CloudConfig;
  return { config, problems: [] };
}

function checkHeader(file: string, text: string): SourceProblem | undefined {
  const [first = ''] = text.split('\n', 1);
  if (first.trimEnd() === header) return undefined;
  return {
    message: `The first line must be ${header}.`,
    position: { file, line: 1, column: 1 },
    lineText: first,
    hint: first.startsWith('#!')
      ? 'coreos-cloudinit runs scripts too; the lab does not.'
      : 'Without it coreos-cloudinit refuses the whole file.',
  };
}

function inOrder(problems: readonly SourceProblem[]): SourceProblem[] {
  const place = ({ position }: SourceProblem): number =>
    (position?.line ?? 0) * 1e6 + (position?.column ?? 0);
  return problems.toSorted((one, other) => place(one) - place(other));
}
