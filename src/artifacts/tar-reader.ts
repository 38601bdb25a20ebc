/** One entry of a tar archive, as its header names it. */
export interface TarEntry {
  name: string;
  /** `file`, `link` (hard or symbolic) or `other` (folder, device, ...). */
  kind: 'file' | 'link' | 'other';
  /** Bytes of content that follow. */
  size: number;
}

const blockSize = 512;
/** Of a header that holds names: they are read into memory, whatever the archive says of their size. */
const largestHeader = 1024 * 1024;

/**
 * Reads the entries of a tar archive (POSIX ustar and pax, GNU long names) in one pass and hands out their content.
 * It writes nothing, so names in an archive cannot lead anywhere. Format: POSIX.1-2017, pax, "ustar Interchange
 * Format" and "pax Header Block"; GNU: tar manual, "Basic Tar Format". Throws an Error when the bytes are no archive.
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ entry: TarEntry; content: () => Promise<Buffer> }, void, undefined> {
  const bytes = new ByteReader(source);
  let longName: string | undefined;
  let longSize: number | undefined;
  for (;;) {
    const header = await bytes.take(blockSize);
    if (header.length === 0 || isZero(header)) return;
    const { type, name, size } = parseHeader(header);
    const padding = (blockSize - (size % blockSize)) % blockSize;
    if (type === 'x' || type === 'L') {
      if (size > largestHeader) throw new Error('a header in it is too large');
      const text = await bytes.take(size);
      await bytes.skip(padding);
      const records = type === 'x' ? parsePax(text) : new Map([['path', untilZero(text)]]);
      longName = records.get('path') ?? longName;
      longSize = records.has('size') ? wholeNumber(Number(records.get('size'))) : longSize;
      continue;
    }
    const entry = { name: longName ?? name, kind: kindOf(type), size: longSize ?? size };
    longName = longSize = undefined;
    let left = entry.size;
    yield {
      entry,
      content: () => {
        left = 0;
        return bytes.take(entry.size);
      },
    };
    await bytes.skip(left);
    await bytes.skip((blockSize - (entry.size % blockSize)) % blockSize);
  }
}

function parseHeader(header: Buffer): { type: string; name: string; size: number } {
  const stored = parseNumber(header.subarray(148, 156));
  // The checksum counts its own eight bytes as blanks.
  let sum = 8 * 32;
  header.forEach((byte, index) => {
    if (index < 148 || index >= 156) sum += byte;
  });
  if (stored !== sum) throw new Error('it is not a tar archive, or it is damaged');
  const isUstar = header.toString('latin1', 257, 262) === 'ustar';
  const name = untilZero(header.subarray(0, 100));
  // GNU's own format keeps times where POSIX has the prefix; its magic ends in blanks.
  const isPosix = isUstar && header[262] === 0;
  const prefix = isPosix ? untilZero(header.subarray(345, 500)) : '';
  return {
    type: String.fromCharCode(header[156] ?? 0),
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: parseNumber(header.subarray(124, 136)),
  };
}

/** Octal digits, or, with the highest bit set, a binary number (GNU, for sizes from 8 GiB). */
function parseNumber(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) === 0) return wholeNumber(parseInt(untilZero(field).trim() || '0', 8));
  return wholeNumber(field.subarray(1).reduce((sum, byte) => sum * 256 + byte, (field[0] ?? 0) & 0x7f));
}

function wholeNumber(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error('a number in it makes no sense: it is not a tar archive, or it is damaged');
}

/** Records of the form `LENGTH KEY=VALUE\n`, where LENGTH counts the whole record. */
function parsePax(text: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let start = 0; start < text.length;) {
    const blank = text.indexOf(0x20, start);
    const length = Number(text.toString('latin1', start, blank));
    if (blank < 0 || !Number.isInteger(length) || length <= 0) throw new Error('a pax header is damaged');
    const record = text.toString('utf8', blank + 1, start + length - 1);
    const equals = record.indexOf('=');
    records.set(record.slice(0, equals), record.slice(equals + 1));
    start += length;
  }
  return records;
}

function kindOf(type: string): TarEntry['kind'] {
  if (type === '0' || type === '\0' || type === '7') return 'file';
  return type === '1' || type === '2' ? 'link' : 'other';
}

function untilZero(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

function isZero(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/** Takes exact numbers of bytes from a stream of chunks. */
class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** Fewer bytes only at a clean end before the first of them. */
  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    const found = await this.#consume(count, (part) => parts.push(part));
    if (found > 0 && found < count) throw new Error('the archive is cut off');
    return Buffer.concat(parts);
  }

  async skip(count: number): Promise<void> {
    if ((await this.#consume(count, () => undefined)) < count) throw new Error('the archive is cut off');
  }

  async #consume(count: number, onPart: (part: Buffer) => void): Promise<number> {
    let found = 0;
    while (found < count) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next();
        if (next.done === true) break;
        this.#rest = Buffer.from(next.value);
      }
      const part = this.#rest.subarray(0, count - found);
      this.#rest = this.#rest.subarray(part.length);
      found += part.length;
      onPart(part);
    }
    return found;
  }
}
