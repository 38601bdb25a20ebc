import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureArtifact } from '../../../src/artifacts/ensure-artifact.ts';
import { findOffline } from '../../../src/artifacts/find-offline.ts';
import { MirrorFolder } from '../../../src/artifacts/mirror-folder.ts';
import type { BoxOptions } from '../../../src/boxes/box-options.ts';
import { fetchBox } from '../../../src/boxes/fetch-box.ts';
import { locateBox } from '../../../src/boxes/locate-box.ts';
import { Prefetching } from '../../../src/cli/prefetching.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { FetchHttp } from '../../../src/io/fetch-http.ts';
import type { LabError } from '../../../src/model/errors.ts';
import type { Artifact } from '../../../src/model/scenario.ts';
import { boxServer } from '../../support/box-server.ts';
import type { BoxServer } from '../../support/box-server.ts';

const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 13) % 256));

let folder: string;
let mirror: string;
let server: BoxServer;
let fleet: Artifact;
let said: string[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lab-prefetch-'));
  mirror = join(folder, 'usb stick');
  server = await boxServer(content);
  fleet = { url: `${server.file.origin}/releases/v1/fleet.tar.gz`, architectures: ['amd64'], obtain: 'Ask.' };
  said = [];
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Each computer has a cache of its own. */
function computer(name: string, changes: Partial<BoxOptions> = {}): BoxOptions {
  return {
    cacheDir: join(folder, name, 'artifacts'),
    metadataDir: join(folder, name, 'boxes'),
    lockFile: join(folder, name, 'lock.json'),
    provider: 'virtualbox',
    architecture: 'amd64',
    http: new FetchHttp(),
    clock: systemClock,
    onProgress: (text) => said.push(text),
    ...changes,
  };
}

const request = () => ({ name: 'lab/tiny', url: server.url });

async function fill(sources: BoxOptions): Promise<void> {
  const to = await MirrorFolder.open(mirror, (text) => said.push(text));
  const exec = () => Promise.reject(new Error('unexpected command'));
  const tools = { exec, cache: join(sources.cacheDir, '..') };
  const prefetching = new Prefetching({ tools, sources, folder: to, onReady: (line) => said.push(line) });
  await prefetching.box(request());
  await prefetching.artifact('fleet', fleet);
  await to.writeSums();
}

const sums = (): string => readFileSync(join(mirror, 'SHA256SUMS'), 'utf8');
/** GNU's own, which the list is written for. */
const checker = 'sha256sum';
const checkSums = (): string =>
  execFileSync(checker, ['-c', '--strict', 'SHA256SUMS'], { cwd: mirror, encoding: 'utf8' });
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error as LabError).code,
  );
const requests = (): number => server.asked.length + server.file.requests.length;

describe('a folder for LAB_MIRROR', () => {
  it('holds all under host and path, and a list that sha256sum accepts', async () => {
    await fill(computer('instructor'));
    const { host } = new URL(server.url);
    const { host: fileHost } = new URL(server.fileUrl);
    const paths = [
      `${host}/catalog/tiny`,
      `${fileHost}/releases/tiny.box`,
      `${fileHost}/releases/v1/fleet.tar.gz`,
    ];
    expect(
      sums()
        .trim()
        .split('\n')
        .map((line) => line.slice(66)),
    ).toEqual(paths.sort());
    expect(checkSums().trim().split('\n')).toHaveLength(3);
    // Not twice on the disk.
    expect(statSync(join(mirror, `${fileHost}/releases/tiny.box`)).nlink).toBe(2);
  });

  it('is complete after the first run: the second asks for nothing, from the same computer or another', async () => {
    await fill(computer('instructor'));
    const before = [requests(), sums()];
    await fill(computer('instructor'));
    await fill(computer('colleague'));
    expect([requests(), sums()]).toEqual(before);
  });

  it('is all that another computer needs, without internet', async () => {
    await fill(computer('instructor'));
    const learner = computer('learner', { mirror, offline: true });
    const located = await locateBox(request(), learner);
    expect(located).toMatchObject({ version: '1.10.0' });
    const file = located.file.kind === 'artifact' ? located.file.artifact : fleet;
    for (const artifact of [file, fleet]) {
      expect(await findOffline(artifact, learner)).toMatchObject({ size: content.length });
    }
    const before = requests();
    expect(readFileSync((await fetchBox(located, learner)).path)).toEqual(content);
    expect(await ensureArtifact('fleet', fleet, learner)).toMatchObject({ from: 'mirror' });
    expect(requests()).toBe(before);
  });

  it('is not believed where a file is not what the list says', async () => {
    await fill(computer('instructor'));
    const { host } = new URL(server.fileUrl);
    cpSync(mirror, join(folder, 'copy'), { recursive: true });
    const changed = { mirror: join(folder, 'copy'), offline: true };
    writeFileSync(join(folder, `copy/${host}/releases/v1/fleet.tar.gz`), 'something else');
    const learner = computer('learner', changed);
    expect(await findOffline(fleet, learner)).toEqual({
      missing: expect.stringContaining('fleet.tar.gz is not the expected file') as string,
    });
    expect(await codeOf(ensureArtifact('fleet', fleet, learner))).toBe('LAB_ARTIFACT_CHECKSUM');
    const metadata = join(folder, 'copy', new URL(server.url).host, 'catalog/tiny');
    writeFileSync(metadata, `${readFileSync(metadata, 'utf8')} `);
    expect(await codeOf(locateBox(request(), learner))).toBe('LAB_ARTIFACT_CHECKSUM');
    writeFileSync(join(folder, 'copy/SHA256SUMS'), 'half a li');
    expect(await codeOf(ensureArtifact('fleet', fleet, learner))).toBe('LAB_ARTIFACT_CHECKSUM');
  });

  it('is mended by the next run, which keeps the damaged file', async () => {
    await fill(computer('instructor'));
    const { host } = new URL(server.fileUrl);
    const box = join(mirror, `${host}/releases/tiny.box`);
    rmSync(box);
    writeFileSync(box, 'damaged');
    await fill(computer('colleague'));
    expect(readFileSync(box)).toEqual(content);
    expect(readFileSync(`${box}.rejected`, 'utf8')).toBe('damaged');
    expect(said).toContain(`${box} is not the expected file; it is now ${box}.rejected`);
    expect(checkSums()).not.toContain('FAILED');
  });

  it('keeps what was fetched for another scenario, and forgets what was removed', async () => {
    await fill(computer('instructor'));
    const { host } = new URL(server.fileUrl);
    const other = { ...fleet, url: `${server.file.origin}/releases/v2/other.tar.gz` };
    rmSync(join(mirror, `${host}/releases/v1/fleet.tar.gz`));
    fleet = other;
    await fill(computer('instructor'));
    expect(sums()).toContain('/v2/other.tar.gz');
    expect(sums()).toContain('/catalog/tiny');
    expect(sums()).not.toContain('/v1/fleet.tar.gz');
  });

  it('refuses a download with a wrong checksum and puts nothing there', async () => {
    server.file.content = Buffer.from('not the box');
    expect(await codeOf(fill(computer('instructor')))).toBe('LAB_ARTIFACT_CHECKSUM');
    const to = await MirrorFolder.open(mirror, () => undefined);
    expect(await to.writeSums()).toBe(0);
  });

  it('cannot be a file, or lie where nothing may be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'other'));
    expect(await codeOf(MirrorFolder.open(join(folder, 'file'), () => undefined))).toBe(
      'LAB_STATE_UNWRITABLE',
    );
    expect(await codeOf(MirrorFolder.open(join(folder, 'file/below'), () => undefined))).toBe(
      'LAB_STATE_UNWRITABLE',
    );
  });
});
