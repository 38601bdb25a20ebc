import { parseAddress, subnetPrefix } from '../model/cidr.ts';
import { UsageError } from '../model/errors.ts';
import type { MachineGroup, ParameterValue } from '../model/scenario.ts';
import { isSubnet } from '../plan/choose-subnet.ts';

/**
 * The network that was asked for: with --subnet, or by a machine with an address of its own (DOKKU_IP), which brings its
 * network along. Undefined: none. Throws LAB_PARAMETER_INVALID where it is no network, or the two disagree.
 */
export function askedSubnet(
  flag: string | undefined,
  groups: readonly MachineGroup[],
  parameters: Readonly<Record<string, ParameterValue>>,
): string | undefined {
  if (flag !== undefined && !isSubnet(flag)) {
    throw invalid(`--subnet must be a /24 network, not "${flag}".`, 'For example --subnet 192.168.56.0/24.');
  }
  const addresses = groups.flatMap(({ addressFrom }) => {
    const value = addressFrom === undefined ? '' : String(parameters[addressFrom] ?? '');
    return value === '' ? [] : [value];
  });
  const wrong = addresses.find((address) => parseAddress(address) === undefined);
  if (wrong !== undefined) throw invalid(`"${wrong}" is no IPv4 address.`, 'For example 10.0.0.2.');
  const [subnet = flag, ...others] = addresses.map((address) => `${subnetPrefix(address)}.0/24`);
  const other = [...others, flag].find((candidate) => candidate !== undefined && candidate !== subnet);
  if (other === undefined) return subnet;
  throw invalid(
    `The address ${addresses[0] ?? ''} lies outside ${other}.`,
    'All machines of a lab share one network: choose an address in it, or leave --subnet out.',
  );
}

function invalid(message: string, hint: string): UsageError {
  return new UsageError('LAB_PARAMETER_INVALID', message, { hint });
}
