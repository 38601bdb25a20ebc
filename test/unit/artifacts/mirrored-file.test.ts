import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyMirroredFile } from '../../../src/artifacts/mirrored-file.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { FetchHttp } from '../../../src/io/fetch-http.ts';
import { rangeFileServer } from '../../support/range-file-server.ts';

const name = 'rootfs-0123456789ab.tar';
const content = Buffer.from('a root file system');

let folder: string;
let target: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lab-mirrored-'));
  target = path.join(folder, 'cache', name);
  mkdirSync(path.join(folder, 'mirror'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const copy = (mirror: string | undefined, offline = false): Promise<string | undefined> =>
  copyMirroredFile(name, target, {
    ...(mirror === undefined ? {} : { mirror }),
    offline,
    http: new FetchHttp(),
    clock: systemClock,
    onProgress: () => undefined,
  });

describe('copyMirroredFile', () => {
  it('takes a file that the list of the mirror vouches for, from a folder or a server', async () => {
    const mirror = path.join(folder, 'mirror');
    expect(await copy(undefined)).toBeUndefined();
    expect(await copy(mirror)).toBeUndefined();
    writeFileSync(path.join(mirror, name), content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    writeFileSync(path.join(mirror, 'SHA256SUMS'), `${sha256}  ${name}\n`);
    expect(await copy(mirror)).toBe(path.join(mirror, name));
    expect(readFileSync(target)).toEqual(content);

    const server = await rangeFileServer(content);
    rmSync(target);
    expect(await copy(`${server.origin}/releases`, true)).toBeUndefined();
    expect(server.requests).toEqual([]);
    expect(await copy(`${server.origin}/releases`)).toBe(`${server.origin}/releases/${name}`);
    expect(readFileSync(target)).toEqual(content);
    rmSync(target);
    expect(await copy(server.origin)).toBeUndefined();
    server.close();
  });

  it('sets a changed file aside', async () => {
    const mirror = path.join(folder, 'mirror');
    writeFileSync(path.join(mirror, name), content);
    writeFileSync(path.join(mirror, 'SHA256SUMS'), `${'0'.repeat(64)}  ${name}\n`);
    await expect(copy(mirror)).rejects.toMatchObject({ code: 'LAB_ARTIFACT_CHECKSUM' });
    expect([existsSync(target), existsSync(`${target}.rejected`)]).toEqual([false, true]);
    expect(existsSync(path.join(mirror, name))).toBe(true);
  });
});
