import type { ParameterValue, Scenario } from '../model/scenario.ts';

/** Every way in which a secret of this run may be written, longest first. */
let secretForms: readonly string[] = [];

/** From now on the values of the scenario's secret parameters are masked in every text. */
export function rememberSecrets(
  { parameters }: Pick<Scenario, 'parameters'>,
  values: Readonly<Record<string, ParameterValue>>,
): void {
  const secrets = Object.entries(parameters).flatMap(([name, parameter]) =>
    parameter.type === 'string' && parameter.secret === true ? String(values[name] ?? '') : [],
  );
  const forms = [...secretForms, ...secrets.flatMap(formsOf)].filter((form) => form !== '');
  secretForms = [...new Set(forms)].toSorted((one, other) => other.length - one.length);
}

/** As it is and line by line, inside quotes of a shell, inside JSON, in a URL, and in base64. */
function formsOf(secret: string): string[] {
  return [
    secret,
    ...secret.split('\n').filter((line) => line.length >= 8),
    secret.replaceAll("'", `'\\''`),
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
  ];
}

/**
 * A text without what nobody should find in a log, a report, a recording or a handout: the values of secret parameters,
 * private keys, tokens that let a machine join a swarm, values of variables whose name ends in PASSWORD, and passwords
 * in URLs. What stands in their place says what was there. A key whose end is missing is taken out to the end of the
 * text, and one whose beginning is missing from the first of its lines. `PASSWORD=$(command)` is no secret.
 */
export function maskSecrets(text: string): string {
  let masked = text;
  for (const form of secretForms) masked = masked.replaceAll(form, '<secret>');
  return withoutHeadlessKeys(masked.replace(privateKey, keyMask))
    .replace(/\bSWMTKN-[0-9A-Za-z-]+/g, '<swarm join token>')
    .replace(/(["'])(\w*PASSWORD)=(?!<password>\1|\$[({])[^"'\n]*\1/gi, '$1$2=<password>$1')
    .replace(
      /\b(\w*PASSWORD)=(?!<password>|"?\$[({]|"\$\w+")(?:"[^"\n]*"|'[^'\n]*'|[^\s"']+)/gi,
      '$1=<password>',
    )
    .replace(/(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@]*):(?!<password>|\[\^)[^\s/@]+@/gi, '$1:<password>@');
}

/** A copy of plain data whose texts hold no secrets; keys stay as they are. */
export function maskAll<T>(data: T): T {
  if (typeof data === 'string') return maskSecrets(data) as T;
  if (Array.isArray(data)) return data.map((entry: unknown) => maskAll(entry)) as T;
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, maskAll<unknown>(value)])) as T;
}

/**
 * The same for text that comes line by line, of several machines in turn: between the first and the last line of a
 * private key every line that could be one of it is masked.
 */
export function lineMasker(): (text: string) => string {
  let isInKey = false;
  return (text) => {
    const masked = isInKey && keyLine.test(text) ? keyMask : maskSecrets(text);
    const begins = text.lastIndexOf('-----BEGIN ');
    const ends = text.lastIndexOf('-----END ');
    if (begins !== ends) isInKey = begins > ends && keyBegin.test(text.slice(begins));
    return masked;
  };
}

const keyMask = '<private key>';
const keyName = '(?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----';
const keyBegin = new RegExp(`^-----BEGIN ${keyName}`);
const keyEnd = new RegExp(`-----END ${keyName}`);
/** A line of base64, which may have the name of a machine before it. */
const keyLine = /^(?:\S+: )?\s*[A-Za-z0-9+/=]+\s*$/;
/** PEM and OpenSSH: `-----BEGIN RSA PRIVATE KEY-----` (RFC 7468 and its forerunners). */
const privateKey = new RegExp(`-----BEGIN ${keyName}[\\s\\S]*?(?:-----END ${keyName}|$(?![\\s\\S]))`, 'g');

/** What is left of a key whose first lines were cut off. */
function withoutHeadlessKeys(text: string): string {
  if (!keyEnd.test(text)) return text;
  const kept: string[] = [];
  for (const line of text.split('\n')) {
    if (keyEnd.test(line)) {
      while (keyLine.test(kept.at(-1) ?? '')) kept.pop();
      kept.push(line.replace(new RegExp(`^.*${keyEnd.source}`), keyMask));
    } else kept.push(line);
  }
  return kept.join('\n');
}
