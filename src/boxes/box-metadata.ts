import * as z from 'zod';
import type { ExpectedDigest } from '../artifacts/digest.ts';

/** Catalogues write an empty text, null or `none` where there is no checksum. */
const optionalText = z.string().nullish();

const provider = z.object({
  name: z.string(),
  url: z.string(),
  checksum: optionalText,
  checksum_type: optionalText,
  /** Since Vagrant 2.4; `unknown` for boxes that a catalogue had before that. */
  architecture: optionalText,
  default_architecture: z.boolean().nullish(),
});

const metadataSchema = z.object({
  versions: z.array(z.object({ version: z.string(), providers: z.array(provider).default([]) })).default([]),
});

/**
 * What the publisher of a box says of it; the parts that matter here. Format: "Box Metadata" in
 * https://developer.hashicorp.com/vagrant/docs/boxes/format.
 */
export type BoxMetadata = z.infer<typeof metadataSchema>;
export type BoxFile = z.infer<typeof provider>;

/** Throws an Error that says what is wrong. */
export function parseBoxMetadata(text: string): BoxMetadata {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Error('it is not box metadata: no JSON');
  }
  const parsed = metadataSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`it is not box metadata: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

/** Those that Vagrant knows (lib/vagrant/util/file_checksum.rb). */
const algorithms = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];

/** The checksum that the metadata at `place` gives for a file; undefined: none. Throws an Error where it cannot be used. */
export function boxChecksum(file: BoxFile, place: string): ExpectedDigest | undefined {
  const hex = file.checksum?.trim().toLowerCase() ?? '';
  const algorithm = file.checksum_type?.trim().toLowerCase().replace('-', '') ?? '';
  if (hex === '' || algorithm === '' || algorithm === 'none') return undefined;
  if (!algorithms.includes(algorithm)) throw new Error(`its checksum type ${algorithm} is not known`);
  const remedy = 'If the change is wanted, the metadata has to say so.';
  return { algorithm, hex, source: `the box metadata ${place}`, remedy };
}
