import { memberIdPattern, tokenPattern } from './registry-snapshot.ts';

/** What a request is about. */
export type RequestTarget =
  | { kind: 'new' | 'health' | 'robots' | 'index' }
  | { kind: 'directory'; token: string }
  | { kind: 'size'; token: string }
  | { kind: 'member'; token: string; id: string }
  /** `key` as etcd would name it. */
  | { kind: 'unknown'; key: string };

const pages = { new: 'new', health: 'health', 'robots.txt': 'robots' } as const;

/**
 * Reads the path and query of a request line. Tokens are served at `/TOKEN...` as by discovery.etcd.io, and at
 * `/v2/keys/_etcd/registry/TOKEN...` as by an etcd that is used as a discovery service.
 * Undefined where it is no path, or its percent encoding is broken.
 */
export function parseTarget(url: string): { target: RequestTarget; query: URLSearchParams } | undefined {
  const [, path, query] = /^(\/[^?#]*)(?:\?([^#]*))?/.exec(url) ?? [];
  if (path === undefined) return undefined;
  let segments: string[];
  try {
    segments = path.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    return undefined;
  }
  return { target: findTarget(segments), query: new URLSearchParams(query) };
}

function findTarget(segments: readonly string[]): RequestTarget {
  const isLong = segments.slice(0, 4).join('/') === 'v2/keys/_etcd/registry';
  const [first, second, third, ...rest] = isLong ? segments.slice(4) : segments;
  if (!isLong && second === undefined) {
    if (first === undefined) return { kind: 'index' };
    if (first in pages) return { kind: pages[first as keyof typeof pages] };
  }
  const key = `/_etcd/registry/${(isLong ? segments.slice(4) : segments).join('/')}`;
  if (first === undefined || !tokenPattern.test(first) || rest.length > 0) return { kind: 'unknown', key };
  if (second === undefined) return { kind: 'directory', token: first };
  if (second === '_config' && third === 'size') return { kind: 'size', token: first };
  if (third === undefined && memberIdPattern.test(second))
    return { kind: 'member', token: first, id: second };
  return { kind: 'unknown', key };
}
