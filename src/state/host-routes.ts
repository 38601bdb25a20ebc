/**
 * IPv4 ranges that this host's routes lead to (VPNs, other hypervisors), without the default route.
 * Linux only, from /proc/net/route (proc(5): addresses are hexadecimal in the host's byte order); elsewhere none.
 */
export async function hostRoutes(
  readText: (path: string) => Promise<string>,
): Promise<{ subnet: string; owner: string }[]> {
  if (process.platform !== 'linux') return [];
  const text = await readText('/proc/net/route');
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [name, destination, , , , , , mask] = line.split('\t');
      if (name === undefined || destination === undefined || mask === undefined) return [];
      const bits = prefixLength(mask);
      return bits === 0
        ? []
        : [{ subnet: `${dotted(destination)}/${bits}`, owner: `a route through ${name}` }];
    });
}

function dotted(hex: string): string {
  const bytes = hex.match(/../g) ?? [];
  return bytes
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}

function prefixLength(hex: string): number {
  const value = Number.parseInt(hex, 16);
  return value.toString(2).replaceAll('0', '').length;
}
