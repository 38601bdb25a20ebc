import type { MachineGroup, ProviderName } from './scenario.ts';

/** The cloud-config template of a group's machines; undefined where they have none with this provider. */
export function userDataTemplate({ userData }: MachineGroup, provider: string): string | undefined {
  return typeof userData === 'object' ? userData[provider as ProviderName] : userData;
}
