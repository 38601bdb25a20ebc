import { readdirSync, readFileSync } from 'node:fs';

/** Command lines of all processes, which every user of a computer can read, looked at again and again. */
export class ProcessListWatch {
  readonly #seen = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  private constructor() {
    this.#look();
  }

  static start(): ProcessListWatch {
    return new ProcessListWatch();
  }

  /** Ends it; gives every command line that was seen. */
  stop(): string[] {
    clearTimeout(this.#timer);
    return [...this.#seen];
  }

  #look(): void {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
      try {
        this.#seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
      } catch {
        // It has ended meanwhile.
      }
    }
    this.#timer = setTimeout(() => {
      this.#look();
    }, 40);
  }
}

/** `ADDRESS:PORT` of everything that listens in this network namespace, from /proc/net (proc_net_tcp(5)). */
export function listeners(): Set<string> {
  return new Set([...listening('tcp', 8), ...listening('tcp6', 32)]);
}

function listening(table: string, digits: number): string[] {
  const pattern = new RegExp(`^ *\\d+: ([0-9A-F]{${String(digits)}}):([0-9A-F]{4}) [0-9A-F]+:0000 0A `, 'gm');
  return [...readFileSync(`/proc/net/${table}`, 'utf8').matchAll(pattern)].map(
    ([, address = '', port = '']) => `${addressOf(address)}:${String(Number.parseInt(port, 16))}`,
  );
}

/** The kernel prints 32-bit words as they lie in memory. */
function addressOf(words: string): string {
  const bytes = (words.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex').reverse()]);
  const isIpv4 =
    bytes.length === 4 || Buffer.from(bytes.slice(0, 12)).toString('hex') === `${'0'.repeat(20)}ffff`;
  if (isIpv4) return bytes.slice(-4).join('.');
  const isLoopback = bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1;
  return isLoopback ? '::1' : Buffer.from(bytes).toString('hex');
}
