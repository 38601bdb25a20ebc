import { stripVTControlCharacters } from 'node:util';

/** A kind of text that differs from one run to the next, and what stands in its place. */
type Rule = readonly [pattern: RegExp, replacement: string];

const months = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const days = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const clock = String.raw`\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?`;
const zone = String.raw`(?: ?(?:Z|UTC|GMT|CET|CEST|[+-]\d{2}:?\d{2})\b(?: (?:UTC|GMT|CET|CEST)\b)?)?`;
const units = '(?:second|minute|hour|day|week|month|year)s?';

/** In this order: an earlier rule takes what a later one would take for something else. */
const rules: readonly Rule[] = [
  // Hardware addresses before times of day, which look alike.
  [/\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b/gi, '<mac>'],
  // ISO 8601, Go's time.String, etcd 3.4 (`2026-11-21 02:15:58.123456 I |`), coreos-cloudinit (`2026/11/21 02:37:31`).
  [pattern(String.raw`\b\d{4}([-/])\d{2}\1\d{2}[T ]${clock}${zone}`), '<time>'],
  // RFC 1123 (HTTP), asctime and date(1), syslog, ls.
  [pattern(String.raw`\b${days}, \d{1,2} ${months} \d{4} ${clock}${zone}`), '<time>'],
  [pattern(String.raw`\b${days} ${months} +\d{1,2} ${clock}${zone}(?: \d{4})?\b`), '<time>'],
  [pattern(String.raw`\b${months} +\d{1,2} (?:${clock}|\d{2}:\d{2}|\d{4})(?!\d)`), '<time>'],
  [/\b\d{4}-\d{2}-\d{2}\b/g, '<date>'],
  [pattern(String.raw`(?<![\d:.])${clock}(?![\d:])`), '<time>'],
  // Seconds since 1970, from 2017 to 2033.
  [/(?<![\w.])1[5-9]\d{8}(?:\.\d+)?(?![\w.])/g, '<time>'],
  // `About a minute ago`, `Up 5 seconds`, `took 3.5 seconds`.
  [
    pattern(String.raw`\b(?:About an?|Less than an?|an?|\d+(?:\.\d+)?) ${units}(?: \d+ ${units})*\b`, 'gi'),
    '<duration>',
  ],
  // Go and time(1): `12.3ms`, `2m3.5s`, `0m12.322s`; dpkg and systemd: `2.242 s`.
  [
    /(?<![\w.-])(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h) ?)*\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h)(?![\w-])/g,
    '<duration>',
  ],
  [/(?<![\w.-])\d+(?:\.\d+)? (?:ms|s|min|h)(?![\w-])/g, '<duration>'],
  [/(?<![\w.-])\d+(?:\.\d+)? ?(?:[kKMGT]i?B|bytes|B)(?:\/s)?(?!\w)/g, '<size>'],
  [/(?<![\w.-])\d+(?:\.\d+)?[kKMGT](?!\w)/g, '<size>'],
  [/\b(Content-Length: ?)\d+/gi, '$1<size>'],
  [/\b(ETag: ?(?:W\/)?)"[^"]+"/gi, '$1<id>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\bSHA256:[A-Za-z0-9+/]{43}=?/g, 'SHA256:<id>'],
  // Digests, commits, unit hashes, machine ids, tokens, etcd members, short ids of containers.
  [
    /(?<![0-9A-Za-z])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{24}|[0-9a-f]{16}|[0-9a-f]{12})(?![0-9A-Za-z])/g,
    '<id>',
  ],
  // git push: `1a2b3c4..5d6e7f8`.
  [/\b[0-9a-f]{7,10}\.\.\.?[0-9a-f]{7,10}\b/g, '<id>..<id>'],
  // fleet cuts machine ids to eight characters.
  [/\b[0-9a-f]{8}\.\.\./g, '<id>'],
  // Swarm: 25 characters of base 36, or the first 12 of them.
  [
    /(?<![0-9A-Za-z])(?=[a-z]*\d)(?=\d*[a-z])(?:[a-z0-9]{25}|(?<![.-])[a-z0-9]{12}(?![.-]))(?![0-9A-Za-z])/g,
    '<id>',
  ],
  // etcd's ids as JSON has them.
  [/(?<![\w.])\d{16,20}(?![\w.])/g, '<id>'],
  [/(?<=[\w.@-])\[\d+\](?=:)/g, '[<pid>]'],
  [/\b(pid[ :=]+)\d+/gi, '$1<pid>'],
  // Ports of this computer are whichever were free.
  [/(?<![\w.])(127\.0\.0\.1|localhost|\[::1\]):\d{2,5}\b/g, '$1:<port>'],
  // RFC 1918, RFC 6598, RFC 3927; of IPv6: unique local and link local.
  [
    /(?<![\d.])(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}|169\.254(?:\.\d{1,3}){2}|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])(?:\.\d{1,3}){2})(?!\.?\d)/g,
    '<address>',
  ],
  [/(?<![\w:])(?:f[cd][0-9a-f]{2}|fe80)(?::[0-9a-f]{0,4}){2,7}(?:%\w+)?(?![\w:])/gi, '<address>'],
];

function pattern(source: string, flags = 'g'): RegExp {
  return new RegExp(source, flags);
}

/**
 * What a command printed, with everything that differs from one run of the same lab to the next replaced by its kind:
 * ids, times, durations, sizes, addresses (those of the lab's machines by the machine's name), free ports, process
 * ids. JSON is spread over lines. Blanks between columns become two, since columns are as wide as what stands in them; those at line ends, and
 * empty lines at the end, go. Doing it again changes nothing.
 *
 * @param addresses Address of each machine by name. Machines that are reached through loopback have none of their own.
 */
export function normaliseOutput(output: string, addresses: Readonly<Record<string, string>>): string {
  const plain = spread(stripVTControlCharacters(output.replace(/\r\n?/g, '\n')));
  const named = Object.entries(addresses)
    .filter(([, address]) => !address.startsWith('127.'))
    .reduce((text, [name, address]) => text.replace(exactly(address), `<${name}>`), plain);
  const replaced = rules.reduce((text, [find, replacement]) => text.replace(find, replacement), named);
  return replaced
    .replace(/(?<=\S)(?:\t[ \t]*| [ \t]+)(?=\S)/g, '  ')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n+$/, '');
}

/** A JSON document on one line is spread over several, so that a difference shows what is different. */
function spread(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

/** The address and no longer one: 172.17.8.10 is not in 172.17.8.101. */
function exactly(address: string): RegExp {
  return new RegExp(String.raw`(?<![\d.])${address.replaceAll('.', String.raw`\.`)}(?!\.?\d)`, 'g');
}
