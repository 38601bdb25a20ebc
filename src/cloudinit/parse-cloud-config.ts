import { SourceError } from '../model/errors.ts';
import type { CloudConfig } from './cloud-config.ts';
import { checkCloudConfig } from './validate-cloud-config.ts';

/**
 * Reads a user-data file. `$public_ipv4` and the like stay as they are; renderApplyScript puts the addresses in.
 * Throws SourceError LAB_CLOUD_CONFIG_INVALID with everything that is wrong.
 */
export function parseCloudConfig(file: string, text: string): CloudConfig {
  const { config, problems } = checkCloudConfig(file, text);
  if (problems.length === 0) return config;
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  throw new SourceError('LAB_CLOUD_CONFIG_INVALID', `The user-data ${file} has ${count}.`, problems);
}
