import { gunzipSync } from 'node:zlib';

/**
 * The bytes that a `write_files` entry stands for. `encoding` is one of coreos-cloudinit's words (the
 * `valid` tag in its `config/file.go`): `base64` or `b64`, `gzip` or `gz`, or both joined by `+`; without one the text is the content.
 * Throws an Error when the content is not what `encoding` says.
 */
export function decodeContent(content: string, encoding?: string): Buffer {
  const steps = encoding?.split('+') ?? [];
  const packed = steps.some((step) => step === 'base64' || step === 'b64')
    ? fromBase64(content)
    : Buffer.from(content);
  return steps.some((step) => step === 'gzip' || step === 'gz')
    ? gunzipSync(packed, { maxOutputLength })
    : packed;
}

/** A megabyte of user-data is a mistake already; this keeps a crafted archive from filling the memory. */
const maxOutputLength = 16 * 1024 * 1024;

function fromBase64(content: string): Buffer {
  const letters = content.replace(/[\r\n]/g, '');
  // Node skips what is not base64; Go, and so coreos-cloudinit, refuses it.
  if (!/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(letters)) {
    throw new Error('This is not base64.');
  }
  return Buffer.from(letters, 'base64');
}
