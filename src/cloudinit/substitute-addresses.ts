import { SourceError } from '../model/errors.ts';

/** What coreos-cloudinit's variables stand for on one node. */
export interface NodeAddresses {
  publicIpv4?: string;
  privateIpv4?: string;
  publicIpv6?: string;
  privateIpv6?: string;
}

const addressOf: Readonly<Record<string, keyof NodeAddresses>> = {
  public_ipv4: 'publicIpv4',
  private_ipv4: 'privateIpv4',
  public_ipv6: 'publicIpv6',
  private_ipv6: 'privateIpv6',
};

/**
 * Puts the node's addresses for `$public_ipv4`, `$private_ipv4`, `$public_ipv6` and `$private_ipv6` into every text of a
 * value; `\$public_ipv4` becomes `$public_ipv4`. (flatcar/coreos-cloudinit `initialize/env.go` does so in the text of
 * the file; in its values no address can change how the YAML is read.)
 *
 * Throws SourceError LAB_CLOUD_CONFIG_INVALID for a variable that the node has no address for: coreos-cloudinit puts
 * nothing there, and etcd then advertises `:4001`.
 */
export function substituteAddresses<Value>(value: Value, addresses: NodeAddresses): Value {
  return substitute(value, addresses) as Value;
}

function substitute(value: unknown, addresses: NodeAddresses): unknown {
  if (typeof value === 'string') return inText(value, addresses);
  if (Array.isArray(value)) return value.map((entry) => substitute(entry, addresses));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, substitute(entry, addresses)]));
}

function inText(text: string, addresses: NodeAddresses): string {
  return text.replace(/(\\?)\$((?:public|private)_ipv[46])/g, (_match, escape: string, variable: string) => {
    if (escape !== '') return `$${variable}`;
    const key = addressOf[variable];
    const address = key === undefined ? undefined : addresses[key];
    if (address !== undefined && address !== '') return address;
    const message = `The user-data uses $${variable}, and the node has no such address.`;
    throw new SourceError('LAB_CLOUD_CONFIG_INVALID', message, [
      { message, hint: `Write \\$${variable} for the text itself.` },
    ]);
  });
}
