import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Http } from '../io/http.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError } from '../model/errors.ts';
import { inHttpMirror, isHttp, mirrorFolder } from './artifact-places.ts';
import type { ExpectedDigest } from './digest.ts';

/** The list of a mirror's files that `sha256sum -c` reads, at the mirror's root. */
export const sumsFile = 'SHA256SUMS';

/** Path of a file, from the mirror's root and with `/`, to its SHA-256 in lower-case hexadecimal. */
export type Sha256Sums = Readonly<Record<string, string>>;

const sumLine = /^([0-9a-fA-F]{64}) [ *](.+?)\r?$/;
/** A server that has no such list answers at once; one that says nothing is found out when its files are asked for. */
const requestMs = 10_000;

/** Reads `HEX  PATH` and `HEX *PATH` (GNU coreutils, "md5 invocation"). Throws LAB_ARTIFACT_CHECKSUM for anything else. */
export function parseSums(text: string, place: string): Sha256Sums {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const [, hex, path] = sumLine.exec(line) ?? [];
      if (hex !== undefined && path !== undefined) return [path.replace(/^\.\//, ''), hex.toLowerCase()];
      throw new EnvironmentError('LAB_ARTIFACT_CHECKSUM', `${place} is damaged: "${line.slice(0, 80)}".`, {
        hint: 'Remove it and run `lab prefetch --to` again: it checks every file and writes the list anew.',
      });
    }),
  );
}

/** The list as `sha256sum` writes it, in the order of the paths' bytes. */
export function formatSums(sums: Sha256Sums): string {
  const paths = Object.keys(sums).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return paths.map((path) => `${sums[path] ?? ''}  ${path}\n`).join('');
}

/** The list of a mirror (a folder, a `file:` or an `http(s):` URL); empty where it has none. Throws LAB_ARTIFACT_CHECKSUM. */
export async function readSums(mirror: string, http?: Http, signal?: AbortSignal): Promise<Sha256Sums> {
  if (isHttp(mirror)) return http === undefined ? {} : readServedSums(mirror, http, signal);
  const place = join(mirrorFolder(mirror), sumsFile);
  try {
    return parseSums(await readFile(place, 'utf8'), place);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return {};
    throw error;
  }
}

/** What a mirror's list says of one of its files. */
export function listedDigest(sums: Sha256Sums, listedAs: string, mirror: string): ExpectedDigest | undefined {
  const hex = Object.hasOwn(sums, listedAs) ? sums[listedAs] : undefined;
  if (hex === undefined) return undefined;
  return {
    algorithm: 'sha256',
    hex,
    source: isHttp(mirror) ? inHttpMirror(mirror, sumsFile) : join(mirrorFolder(mirror), sumsFile),
    remedy: `If the change is wanted, correct the line of ${listedAs} there.`,
  };
}

async function readServedSums(mirror: string, http: Http, signal?: AbortSignal): Promise<Sha256Sums> {
  const url = inHttpMirror(mirror, sumsFile);
  let answer;
  try {
    answer = await http.request({ url, timeoutMs: requestMs, ...(signal === undefined ? {} : { signal }) });
  } catch {
    signal?.throwIfAborted();
    return {};
  }
  // Some servers answer everything with a page of theirs.
  const isList = answer.status === 200 && sumLine.test(answer.body.split('\n', 1)[0] ?? '');
  return isList ? parseSums(answer.body, url) : {};
}
