import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { artifactObtainable } from '../../../src/artifacts/artifact-obtainable.ts';
import { ensureArtifact } from '../../../src/artifacts/ensure-artifact.ts';
import type { ArtifactOptions } from '../../../src/artifacts/ensure-artifact.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { FetchHttp } from '../../../src/io/fetch-http.ts';
import type { LabError } from '../../../src/model/errors.ts';
import type { Artifact } from '../../../src/model/scenario.ts';
import { rangeFileServer } from '../../support/range-file-server.ts';
import type { RangeFileServer } from '../../support/range-file-server.ts';

const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

let directory: string;
let server: RangeFileServer;
let progress: string[];
let options: ArtifactOptions;
let artifact: Artifact;

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'lab-artifacts-'));
  server = await rangeFileServer(content);
  server.faults.beforeCut = (received) =>
    vi.waitFor(
      () => {
        expect(partSizes()).toContain(received);
      },
      { interval: 5 },
    );
  progress = [];
  options = {
    cacheDir: path.join(directory, 'cache'),
    lockFile: path.join(directory, 'artifacts.lock.json'),
    http: new FetchHttp(),
    clock: systemClock,
    onProgress: (text) => progress.push(text),
  };
  artifact = { url: server.url, architectures: ['amd64'], obtain: 'Ask the publisher.' };
});

afterEach(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

const ensure = (changes: Partial<ArtifactOptions> = {}) =>
  ensureArtifact('tool', artifact, { ...options, ...changes });

async function failureOf(promise: Promise<unknown>): Promise<LabError> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as LabError,
  );
}

const cached = (): string[] =>
  readdirSync(options.cacheDir).map((name) => name.replace(/^[0-9a-f]{12}-/, ''));

/** Sizes of the incomplete files in the cache. */
const partSizes = (): number[] =>
  readdirSync(options.cacheDir, { recursive: true, encoding: 'utf8' })
    .filter((name) => path.basename(name) === 'data')
    .map((name) => statSync(path.join(options.cacheDir, name)).size);

describe('ensureArtifact', () => {
  it('fetches once, records the digest and then takes the cached file', async () => {
    const first = await ensure();
    expect(first).toMatchObject({
      sha256: sha256(content),
      from: 'url',
      place: server.url,
      firstFetch: true,
    });
    expect(readFileSync(first.path).equals(content)).toBe(true);
    expect(JSON.parse(readFileSync(options.lockFile, 'utf8'))).toEqual({
      [server.url]: {
        sha256: sha256(content),
        size: content.length,
        fetchedAt: expect.any(String) as string,
      },
    });
    expect(await ensure()).toMatchObject({ from: 'cache', path: first.path, firstFetch: false });
    expect(server.requests).toEqual(['whole']);
    expect(cached()).toEqual(['tool.tar.gz']);
    expect(progress.at(-1)).toBe('tool: 0.3 of 0.3 MB');
  });

  it('goes on where the connection broke off, again and again', async () => {
    server.faults.cutAfter = [100_000, 50_000];
    const result = await ensure();
    expect(readFileSync(result.path).equals(content)).toBe(true);
    expect(server.requests).toEqual(['whole', 'bytes=100000-', 'bytes=150000-']);
    expect(progress).toContain('tool: the connection broke off; going on after 100000 bytes');
  });

  it('gives up when nothing more comes, keeps the part and goes on with it in the next run', async () => {
    server.faults.cutAfter = [100_000, 0];
    const error = await failureOf(ensure());
    expect(error.code).toBe('LAB_ARTIFACT_UNAVAILABLE');
    expect(cached()).toEqual(['tool.tar.gz.part']);
    await ensure();
    expect(server.requests.at(-1)).toBe('bytes=100000-');
    expect(cached()).toEqual(['tool.tar.gz']);
  });

  it.each([
    ['ignores ranges', () => (server.faults.ignoreRange = true)],
    ['has another file by now', () => (server.etag = '"2"')],
    ['has a shorter file by now', () => (server.content = content.subarray(0, 9000))],
  ])('starts again when the server %s', async (_what, change) => {
    server.faults.cutAfter = [100_000, 0];
    await failureOf(ensure());
    change();
    const result = await ensure();
    expect(readFileSync(result.path).equals(server.content)).toBe(true);
  });

  it('takes up the part of a process that was killed, and not that of one that runs', async () => {
    server.faults.cutAfter = [100_000, 0];
    await failureOf(ensure());
    const name = readdirSync(options.cacheDir)[0] ?? '';
    // Process ids end at 4194304 (proc(5), pid_max).
    renameSync(path.join(options.cacheDir, name), path.join(options.cacheDir, `${name}-4194999-0123abcd`));
    cpSync(
      path.join(options.cacheDir, `${name}-4194999-0123abcd`),
      path.join(options.cacheDir, `${name}-${String(process.ppid)}-0123abcd`),
      { recursive: true },
    );
    await ensure();
    expect(server.requests.at(-1)).toBe('bytes=100000-');
    expect(cached()).toEqual(['tool.tar.gz', `tool.tar.gz.part-${String(process.ppid)}-0123abcd`]);
  });

  it('lets two fetch at once', async () => {
    const [one, two] = await Promise.all([ensure(), ensure()]);
    expect(one.path).toBe(two.path);
    expect(readFileSync(one.path).equals(content)).toBe(true);
    expect(cached()).toEqual(['tool.tar.gz']);
  });

  it('sets a file aside that is not the one of the first fetch', async () => {
    const { path: file } = await ensure();
    rmSync(file);
    server.content = Buffer.from('something else');
    const error = await failureOf(ensure());
    expect(error.code).toBe('LAB_ARTIFACT_CHECKSUM');
    expect(error.message).toContain(`its SHA-256 is ${sha256(server.content)}`);
    expect(error.message).toContain(`${options.lockFile} asks for ${sha256(content)}`);
    expect(readFileSync(`${file}.rejected`).equals(server.content)).toBe(true);
    expect(cached()).toEqual(['tool.tar.gz.rejected']);
  });

  it("asks for the scenario's digest from the first fetch on", async () => {
    artifact = { ...artifact, sha256: sha256(Buffer.from('published')) };
    const error = await failureOf(ensure());
    expect(error.message).toContain('and the scenario asks for');
    expect(error.exitCode).toBe(4);
  });

  it('fetches again what is damaged in the cache, and says so', async () => {
    const { path: file } = await ensure();
    writeFileSync(file, 'damaged');
    expect(await ensure()).toMatchObject({ from: 'url', firstFetch: false });
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(progress).toContain(`tool: the file in the cache is damaged; it is now ${file}.rejected`);
  });

  it('takes the file from a mirror: a folder, a file: URL, a tree of hosts, a web server', async () => {
    const flat = path.join(directory, 'flat');
    const tree = path.join(directory, 'tree');
    const { host } = new URL(server.url);
    mkdirSync(flat);
    mkdirSync(path.join(tree, host, 'releases/v1'), { recursive: true });
    writeFileSync(path.join(flat, 'tool.tar.gz'), content);
    writeFileSync(path.join(tree, host, 'releases/v1/tool.tar.gz'), content);
    for (const mirror of [flat, pathToFileURL(flat).href, tree]) {
      rmSync(options.cacheDir, { recursive: true, force: true });
      expect(await artifactObtainable(artifact, { ...options, mirror })).toBe('yes');
      expect(await ensure({ mirror })).toMatchObject({ from: 'mirror', sha256: sha256(content) });
    }
    expect(server.requests).toEqual([]);
    artifact = { ...artifact, url: 'https://downloads.invalid/v1/tool.tar.gz' };
    const mirror = `${server.origin}/releases/`;
    expect(await artifactObtainable(artifact, { ...options, mirror })).toBe('unknown');
    expect(await ensure({ mirror })).toMatchObject({ from: 'mirror', place: `${mirror}tool.tar.gz` });
  });

  it('says all places it tried, and the name of the file to get', async () => {
    artifact = { ...artifact, url: `${server.origin}/gone/tool%20kit.tar.gz` };
    const error = await failureOf(ensure({ mirror: directory }));
    const { host } = new URL(server.url);
    expect(error.code).toBe('LAB_ARTIFACT_UNAVAILABLE');
    expect(error.message.replaceAll(directory, 'DIR').replaceAll(host, 'HOST')).toMatchInlineSnapshot(`
      "tool cannot be had. Tried:
        - the cache DIR/cache: it is not there
        - DIR/tool kit.tar.gz: it is not there
        - DIR/HOST/gone/tool%20kit.tar.gz: it is not there
        - http://HOST/gone/tool%20kit.tar.gz: HTTP 404"
    `);
    expect(error.details.hint).toBe(
      `Ask the publisher. The file name for LAB_MIRROR is tool kit.tar.gz (${artifact.url}).`,
    );
    expect(readdirSync(options.cacheDir)).toEqual([]);
  });

  it('stops when it is told to and keeps the part', async () => {
    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    const onProgress = (): void => {
      controller.abort(reason);
    };
    expect(await failureOf(ensure({ onProgress, signal: controller.signal }))).toBe(reason);
    expect(cached()).toEqual(['tool.tar.gz.part']);
  });
});
