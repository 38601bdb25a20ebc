/** This host, as it sees itself. Also the address of machines that have none of their own. */
export const loopback = '127.0.0.1';

/** The subnet of a lab whose machines have no private network. */
export const noSubnet = '';

/** An IPv4 range as two inclusive numbers. */
interface Range {
  first: number;
  last: number;
}

/** The number of a dotted IPv4 address, or undefined when the text is none. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split('.');
  if (
    parts.length !== 4 ||
    !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256)
  ) {
    return undefined;
  }
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

function parseCidr(text: string): Range | undefined {
  const [address = '', prefix = '32'] = text.split('/');
  const number = parseAddress(address);
  const bits = Number(prefix);
  if (number === undefined || !Number.isInteger(bits) || bits < 0 || bits > 32) return undefined;
  const size = 2 ** (32 - bits);
  const first = Math.floor(number / size) * size;
  return { first, last: first + size - 1 };
}

/** Whether two IPv4 ranges (`a.b.c.d/n`) share an address. Ranges that cannot be read share nothing. */
export function overlaps(one: string, other: string): boolean {
  const a = parseCidr(one);
  const b = parseCidr(other);
  return a !== undefined && b !== undefined && a.first <= b.last && b.first <= a.last;
}

/** The address with the given host number in a /24 network: `hostAddress('172.17.8.0/24', 101)` is `172.17.8.101`. */
export function hostAddress(subnet: string, host: number): string {
  return `${subnetPrefix(subnet)}.${String(host)}`;
}

/** The first three numbers of a /24 network. */
export function subnetPrefix(subnet: string): string {
  return subnet.split('.').slice(0, 3).join('.');
}
