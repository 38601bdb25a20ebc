import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureBox } from '../../../src/boxes/ensure-box.ts';
import type { EnsureBoxOptions } from '../../../src/boxes/ensure-box.ts';
import { SharedJournal } from '../../../src/host/shared-journal.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { FetchHttp } from '../../../src/io/fetch-http.ts';
import type { LabError } from '../../../src/model/errors.ts';
import { boxIdentity } from '../../../src/vagrant/boxes.ts';
import { boxServer } from '../../support/box-server.ts';
import type { BoxServer } from '../../support/box-server.ts';
import { fakeExec } from '../../support/fake-exec.ts';
import type { FakeExec } from '../../support/fake-exec.ts';

const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 11) % 256));
const added = /^vagrant box add --clean --provider virtualbox file:\/\/\S+ --machine-readable$/;

let folder: string;
let server: BoxServer;
let vagrant: FakeExec;
let options: EnsureBoxOptions;
let progress: string[];
let journal: SharedJournal;
/** What Vagrant was given to add. */
let given: {
  name: string;
  versions: { version: string; providers: { url: string; checksum: string }[] }[];
}[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lab-box-'));
  server = await boxServer(content);
  server.file.faults.beforeCut = (received) =>
    vi.waitFor(
      () => {
        expect(partSizes()).toContain(received);
      },
      { interval: 5 },
    );
  progress = [];
  given = [];
  vagrant = fakeExec([{ command: added, effect: store }]);
  journal = new SharedJournal(join(folder, 'lab-home'), systemClock);
  options = {
    record: journal.record,
    cacheDir: join(folder, 'cache'),
    metadataDir: join(folder, 'metadata'),
    lockFile: join(folder, 'lock.json'),
    home: join(folder, 'vagrant.d'),
    provider: 'virtualbox',
    architecture: 'amd64',
    exec: vagrant.exec,
    http: new FetchHttp(),
    clock: systemClock,
    onProgress: (text) => progress.push(text),
  };
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What `vagrant box add` leaves behind. */
function store(args: readonly string[]): void {
  const metadata = JSON.parse(readFileSync(fileURLToPath(args[5] ?? ''), 'utf8')) as (typeof given)[number];
  given.push(metadata);
  const path = join(
    folder,
    'vagrant.d/boxes',
    metadata.name.replaceAll('/', '-VAGRANTSLASH-'),
    metadata.versions[0]?.version ?? '',
  );
  mkdirSync(join(path, 'virtualbox'), { recursive: true });
  writeFileSync(join(path, 'virtualbox/metadata.json'), '{"provider":"virtualbox"}');
  writeFileSync(join(path, 'virtualbox/box.ovf'), '<Envelope/>');
  writeFileSync(join(path, '../metadata_url'), args[5] ?? '');
}

const partSizes = (): number[] =>
  readdirSync(options.cacheDir, { recursive: true, encoding: 'utf8' })
    .filter((name) => basename(name) === 'data')
    .map((name) => statSync(join(options.cacheDir, name)).size);

const request = () => ({ name: 'lab/tiny', url: server.url });
const failureOf = (promise: Promise<unknown>): Promise<LabError> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as LabError,
  );

describe('ensureBox', () => {
  it('adds the newest version under its number, once, and asks nothing where it is there', async () => {
    expect(await ensureBox(request(), options)).toMatchObject({
      version: '1.10.0',
      added: true,
      place: server.fileUrl,
    });
    expect(server.asked).toEqual(['application/json']);
    const file = given[0]?.versions[0];
    expect(file?.version).toBe('1.10.0');
    expect(file?.providers[0]?.checksum).toBe(server.sha256);
    expect(readFileSync(fileURLToPath(file?.providers[0]?.url ?? ''))).toEqual(content);
    // A folder without a Vagrantfile, and no variable of the user's that leads to one.
    expect(vagrant.options[0]).toMatchObject({
      cwd: '/',
      env: { VAGRANT_HOME: options.home, VAGRANT_CWD: undefined },
    });
    // Where `vagrant box update` asks, and not a file of ours that is gone.
    expect(readFileSync(join(options.home, 'boxes/lab-VAGRANTSLASH-tiny/metadata_url'), 'utf8')).toBe(
      server.url,
    );
    server.close();
    expect(await ensureBox(request(), options)).toEqual({ version: '1.10.0', added: false });
    expect(vagrant.calls).toHaveLength(1);
  });

  it('adds the version that is asked for, also beside another', async () => {
    await ensureBox(request(), options);
    expect(await ensureBox({ ...request(), version: '1.2.3' }, options)).toMatchObject({
      version: '1.2.3',
      added: true,
    });
    const error = await failureOf(ensureBox({ ...request(), version: '7.0.0' }, options));
    expect([error.code, error.exitCode]).toEqual(['LAB_BOX_MISSING', 4]);
    expect(error.message).toContain('The box lab/tiny 7.0.0 for virtualbox (amd64) cannot be had.');
    expect(error.message).toContain(`${server.url}: it has no version 7.0.0; it has 2.0.0, 1.10.0, 1.2.3`);
  });

  it('adds it once where two labs want it at the same time', async () => {
    const results = await Promise.all([ensureBox(request(), options), ensureBox(request(), options)]);
    expect(results.map((result) => result.added).sort()).toEqual([false, true]);
    expect(vagrant.calls).toHaveLength(1);
    expect(server.file.requests).toEqual(['whole']);
  });

  it('goes on with a download that breaks off', async () => {
    server.file.faults.cutAfter = [70_000];
    expect(await ensureBox(request(), options)).toMatchObject({ added: true });
    expect(server.file.requests).toEqual(['whole', 'bytes=70000-']);
  });

  it.each(['md5', 'sha1', 'sha512'])('accepts and refuses by %s', async (algorithm) => {
    const checksum = (bytes: Buffer) => createHash(algorithm).update(bytes).digest('hex');
    const provide = (sum: string) => [
      { name: 'virtualbox', url: server.fileUrl, checksum_type: algorithm, checksum: sum },
    ];
    server.metadata = {
      versions: [{ version: '1.0.0', providers: provide(checksum(Buffer.from('other'))) }],
    };
    const error = await failureOf(ensureBox(request(), options));
    expect(error.code).toBe('LAB_ARTIFACT_CHECKSUM');
    expect(error.message).toContain(checksum(content));
    expect(error.message).toContain(`the box metadata ${server.url} asks for`);
    expect(readdirSync(options.cacheDir).filter((name) => name.endsWith('.rejected'))).toHaveLength(1);
    expect(vagrant.calls).toEqual([]);
    server.metadata = { versions: [{ version: '1.0.0', providers: provide(checksum(content)) }] };
    expect(await ensureBox(request(), options)).toMatchObject({ added: true });
  });

  it('locks a box without a checksum at the first fetch', async () => {
    const box = { name: 'tiny', url: server.fileUrl };
    expect(await ensureBox(box, options)).toEqual({
      version: '0',
      added: true,
      place: server.fileUrl,
      firstSha256: server.sha256,
    });
    rmSync(options.home, { recursive: true });
    rmSync(options.cacheDir, { recursive: true });
    server.file.content = Buffer.from('another');
    expect((await failureOf(ensureBox(box, options))).code).toBe('LAB_ARTIFACT_CHECKSUM');
  });

  it('adds a file of this computer where it lies', async () => {
    const path = join(folder, 'my box.box');
    expect((await failureOf(ensureBox({ name: 'tiny', url: path }, options))).code).toBe('LAB_BOX_MISSING');
    writeFileSync(path, content);
    expect(await ensureBox({ name: 'tiny', url: path, version: '1.0.0' }, options)).toEqual({
      version: '1.0.0',
      added: true,
      place: path,
    });
    expect(existsSync(options.cacheDir)).toBe(false);
    expect(existsSync(join(options.home, 'boxes/tiny/metadata_url'))).toBe(false);
  });

  it('puts a whole box in place of half a one, and clears up after a Vagrant that was killed', async () => {
    const half = join(options.home, 'boxes/lab-VAGRANTSLASH-tiny/1.10.0/virtualbox');
    const left = join(options.home, 'tmp/vagrant-box-add-temp-20261121-4194303-1q2w3e');
    const busy = join(options.home, `tmp/vagrant-box-add-temp-20261121-${String(process.pid)}-1q2w3e`);
    for (const path of [half, left, busy]) mkdirSync(path, { recursive: true });
    expect(await ensureBox(request(), options)).toMatchObject({ version: '1.10.0', added: true });
    expect(progress).toContainEqual(expect.stringContaining(`${half} is half a box`));
    expect([left, busy].map((path) => existsSync(path))).toEqual([false, true]);
  });

  it('is in the journal of what labs share before Vagrant is called, unless it was there before', async () => {
    const addByHand = (version: string): void => {
      const file = join(folder, 'by-hand.json');
      writeFileSync(file, JSON.stringify({ name: 'lab/tiny', versions: [{ version, providers: [] }] }));
      store(['', '', '', '', '', pathToFileURL(file).href]);
    };
    addByHand('1.2.3');
    expect(await ensureBox({ ...request(), version: '1.2.3' }, options)).toMatchObject({ added: false });
    expect(await journal.open()).toEqual([]);

    let during: unknown;
    const watched = fakeExec([{ command: added, effect: store }]);
    const exec: EnsureBoxOptions['exec'] = async (...call) => {
      during = await journal.open();
      return watched.exec(...call);
    };
    await ensureBox({ ...request(), version: '1.10.0' }, { ...options, exec });
    const change = { kind: 'box', vagrantHome: options.home, name: 'lab/tiny', version: '1.10.0' };
    expect(during).toMatchObject([{ change: { ...change, provider: 'virtualbox' }, done: false }]);
    expect(await journal.open()).toMatchObject([{ change, done: true }]);
    const [entry] = await journal.open();
    const box = join(options.home, 'boxes/lab-VAGRANTSLASH-tiny/1.10.0/virtualbox');
    expect(entry?.made).toBe(await boxIdentity(box));
    // The same box, added by somebody else.
    rmSync(box, { recursive: true });
    addByHand('1.10.0');
    expect(entry?.made).not.toBe(await boxIdentity(box));
  });

  it('says what Vagrant says where it fails, and that the disk is full', async () => {
    const exit = (text: string) => ({
      exitCode: 1,
      stdout: `1795263402,,error-exit,Vagrant::Errors::BoxUnpackageFailure,${text}\n`,
    });
    const failing = (text: string) => ({
      ...options,
      exec: fakeExec([{ command: added, result: exit(text) }]).exec,
    });
    expect(
      (await failureOf(ensureBox(request(), failing('tar: x.vmdk: Write failed: No space left on device'))))
        .code,
    ).toBe('LAB_DISK_LOW');
    expect(
      (await failureOf(ensureBox(request(), failing('The box failed to unpackage properly.')))).exitCode,
    ).toBeGreaterThan(3);
  });
});

describe('without internet', () => {
  it('uses what was fetched before, also where the metadata names no version', async () => {
    await ensureBox(request(), options);
    rmSync(options.home, { recursive: true });
    server.metadata = { versions: [] };
    // What is there is not left for something newer that has to be fetched.
    expect(await ensureBox(request(), options)).toMatchObject({ version: '1.10.0', added: true });
    expect(server.asked).toHaveLength(1);
    rmSync(options.home, { recursive: true });
    expect(await ensureBox(request(), { ...options, offline: true })).toMatchObject({ added: true });
  });

  it('says all places that were tried', async () => {
    server.metadata = undefined;
    const gone = await failureOf(ensureBox(request(), { ...options, mirror: folder }));
    expect(gone.message.split('\n').slice(1)).toEqual([
      `  - ${folder}/tiny: it is not there`,
      `  - ${folder}/${new URL(server.url).host}/catalog/tiny: it is not there`,
      `  - ${server.url}: HTTP 404`,
    ]);
    expect(gone.details.hint).toContain('lab prefetch SCENARIO --to DIR');
    const offline = await failureOf(ensureBox(request(), { ...options, offline: true }));
    expect(offline.message).toContain(`${server.url}: not asked, because the network is not to be used`);
    expect(server.asked).toHaveLength(1);
  });
});
