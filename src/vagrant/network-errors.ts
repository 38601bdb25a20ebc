import { firstGroup } from './explanation.ts';
import type { Complaint, ErrorClass, Explanation } from './explanation.ts';

/** Errors about forwarded ports, addresses and host-only networks. */
export const networkErrors: readonly ErrorClass[] = [
  {
    names: ['ForwardPortCollision', 'ForwardPortAutolistEmpty'],
    opening:
      /^(Vagrant cannot forward the specified ports on this VM|Vagrant found a port collision for the specified port)/,
    explain: portTaken,
  },
  {
    names: ['VirtualBoxInvalidHostSubnet'],
    opening: /^The IP address configured for the host-only network is not within the allowed ranges/,
    explain: ({ text }) => rangeRefused(firstGroup(/Address: (\S+)/, text), firstGroup(/Ranges: (.+)/, text)),
  },
  {
    names: ['NetworkCollision'],
    opening: /^The specified host network collides with a non-hostonly network/,
    explain: ({ text }) => ({
      code: 'LAB_ADDRESS_TAKEN',
      message: `The host-only network would collide with ${firstGroup(/Bridged Network Address: '(.+)'/, text) ?? 'a network of this computer'}.`,
    }),
  },
  {
    names: ['NetworkNotFound', 'NetworkTypeNotSupported'],
    opening: /^The specified host network could not be found/,
    explain: ({ text }) => ({
      code: 'LAB_NETWORK_FAILED',
      message: `The host-only network ${firstGroup(/could not be found: '(.+?)\.?'/, text) ?? ''} does not exist.`,
      hint: '`VBoxManage list hostonlyifs` shows those that do.',
    }),
  },
];

/** Vagrant chooses another host port for ssh by itself, but not for a saved machine, whose ports cannot be changed. */
function portTaken({ text, machine = 'the machine' }: Complaint): Explanation {
  const port =
    firstGroup(/The forwarded port to (\d+) is already in use/, text.replace(/\s+/g, ' ')) ??
    firstGroup(/Forwarded port: \d+ => (\d+)/, text);
  if (port === undefined) {
    return { code: 'LAB_PORT_TAKEN', message: `A port that ${machine} needs is in use on this computer.` };
  }
  const saved = /forwarded_port, guest: 22, host:/.test(text);
  const show = `\`ss -ltnp 'sport = :${port}'\` (macOS: \`lsof -nP -iTCP:${port}\`) shows the program: stop it.`;
  return {
    code: 'LAB_PORT_TAKEN',
    message: saved
      ? `Port ${port} of this computer is in use, and ${machine} was saved while it had it.`
      : `Port ${port} of this computer is in use, and ${machine} needs it.`,
    hint: saved
      ? `${show} Or give up what the machine had in memory: \`VBoxManage discardstate NAME\` (\`VBoxManage list vms\` shows its name there); it then boots with another port.`
      : show,
  };
}

/** VirtualBox lets nobody but root say which ranges host-only networks may have (since 6.1.28; macOS: 7.0 does not ask). */
export function rangeRefused(address: string | undefined, allowed?: string): Explanation {
  const network = firstGroup(/^(\d+\.\d+\.\d+\.)\d+$/, address ?? '');
  return {
    code: 'LAB_RANGE_REFUSED',
    message: `VirtualBox does not allow ${address ?? 'that address'} on a host-only network${allowed === undefined ? '' : `, only ${allowed}`}.`,
    ...(network === undefined
      ? {}
      : {
          hint: `Leave --subnet out to get a range that is allowed, or let \`lab doctor --fix\` allow ${network}0/24 in /etc/vbox/networks.conf.`,
        }),
  };
}
