/** What is said of a name that is none. */
export const hostNameRule =
  'letters, digits, hyphens and dots, as in web-1 or www.example.test, and not localhost';

/**
 * Whether a text can be the name of a machine or an alias: a host name (RFC 1123) and nothing that the hosts file, ssh's
 * configuration (where `*` means every host), Vagrant or Docker would read as more than a name. `localhost` stays this
 * computer's.
 */
export function isHostName(text: string): boolean {
  if (text.length > 253 || /(?:^|\.)localhost$/i.test(text)) return false;
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(text);
}
