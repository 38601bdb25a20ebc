import { createHash } from 'node:crypto';

/** A host key as it stands in known_hosts after the name: `TYPE BASE64`, e.g. `ssh-ed25519 AAAAC3Nz...`. */
export function formatHostKey(blob: Buffer): string {
  // RFC 4253, 6.6: a public key blob starts with its type as a string, which is a 32-bit length and the bytes.
  const typeLength = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  return `${blob.subarray(4, 4 + typeLength).toString('latin1')} ${blob.toString('base64')}`;
}

/** The fingerprint of a `TYPE BASE64` key as ssh and ssh-keygen print it: `SHA256:` and unpadded base64. */
export function fingerprint(hostKey: string): string {
  const blob = Buffer.from(hostKey.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** Whether two `TYPE BASE64` keys are the same; a comment after the key does not count. */
export function sameHostKey(one: string, other: string): boolean {
  return one.split(' ').slice(0, 2).join(' ') === other.split(' ').slice(0, 2).join(' ');
}

/** Best first. `ssh-rsa` (SHA-1) is left out: no sshd that a lab runs needs it. */
const hostKeyAlgorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

export type HostKeyAlgorithm = (typeof hostKeyAlgorithms)[number];

/**
 * The order in which host key algorithms are asked for: those of the pinned key first, so that a server with
 * several keys shows the one that we know.
 */
export function hostKeyPreference(pinned: string | undefined): HostKeyAlgorithm[] {
  const type = pinned?.split(' ')[0] ?? 'ssh-ed25519';
  const isPinned = (algorithm: HostKeyAlgorithm): boolean =>
    algorithm === type || (type === 'ssh-rsa' && algorithm.startsWith('rsa-'));
  return [
    ...hostKeyAlgorithms.filter(isPinned),
    ...hostKeyAlgorithms.filter((algorithm) => !isPinned(algorithm)),
  ];
}
