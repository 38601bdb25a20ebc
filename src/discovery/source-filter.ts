import { BlockList, isIP } from 'node:net';
import { UsageError } from '../model/errors.ts';

/** Says whether a peer's address, as `socket.remoteAddress` gives it, may talk to the service. */
export type SourceFilter = (remoteAddress: string | undefined) => boolean;

/** `10.0.0.0/8` becomes `['10.0.0.0', 8]`; an address alone is a range of one. Undefined where it is neither. */
function parseRange(text: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  const widest = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? widest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (version === 0 || rest.length > 0 || !(prefix <= widest)) return undefined;
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/**
 * Allows loopback and the given ranges (CIDR or single addresses). IPv4 addresses that come mapped into IPv6
 * (`::ffff:10.0.0.1`, on a socket bound to `::`) count as IPv4. LAB_PARAMETER_INVALID where a range cannot be read.
 */
export function createSourceFilter(sources: readonly string[]): SourceFilter {
  const allowed = new BlockList();
  for (const source of ['127.0.0.0/8', '::1/128', ...sources]) {
    const range = parseRange(source);
    if (range === undefined) {
      throw new UsageError('LAB_PARAMETER_INVALID', `"${source}" is no address range.`, {
        hint: 'Write it as ADDRESS/BITS, for example 172.30.0.0/24.',
      });
    }
    allowed.addSubnet(range.address, range.prefix, range.family);
  }
  return (remoteAddress) => {
    const address = (remoteAddress ?? '').replace(/%.*$/, '');
    const version = isIP(address);
    return version !== 0 && allowed.check(address, version === 4 ? 'ipv4' : 'ipv6');
  };
}
