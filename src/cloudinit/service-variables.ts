import type { ServiceSettings } from './cloud-config.ts';
import { serviceKeys } from './service-keys.ts';

/**
 * The environment variables that the settings of a section of `coreos` become, in the order of their names.
 * Settings that are empty, 0 or false become none, as in coreos-cloudinit (`system/env.go`).
 */
export function serviceVariables(
  section: keyof typeof serviceKeys,
  settings: ServiceSettings,
): [name: string, value: string][] {
  const { keys } = serviceKeys[section];
  return Object.entries(settings)
    .flatMap(([key, value]): [string, string][] => {
      const known = keys[key];
      const variable = known !== undefined && 'variable' in known ? known.variable : undefined;
      const isSet = value !== '' && value !== 0 && value !== false;
      return variable !== undefined && isSet ? [[variable, String(value)]] : [];
    })
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
}
