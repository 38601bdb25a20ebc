import { existsSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeBlock, replaceBlock } from '../../../src/host/block.ts';
import type { HostsFile } from '../../../src/host/hosts-file.ts';
import { sshFiles } from '../../../src/host/ssh-config.ts';
import { SshInclude } from '../../../src/host/ssh-include.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { labDir } from '../../../src/state/lab-home.ts';
import { HostFileModel, type ForeignEdit } from '../../support/host-file-model.ts';
import { hostsFileOf } from '../../support/hosts-file-of.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const labs = ['one', 'two', 'three'];

/** Well formed, and of a lab that is in no sequence: somebody else's. */
const blockOfAnother = '# >>> lab zed >>> managed by lab; do not edit\n10.9.9.9\tzed\n# <<< lab zed <<<';
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('\n', '\r\n') },
  fc.constantFrom('\r', '\n\n', '\0', ' ', '\t', '#', 'b', '127.0.0.1\tlocalhost', 'Host x', '  Match all'),
  fc.constantFrom(
    '# <<< lab',
    '# >>> lab zed',
    '>>> lab one >>>',
    '# lab made this file; it goes with this block',
  ),
  fc.constant(`\n${blockOfAnother}\n`),
  fc.constant('1.2.3.4 '.repeat(4000)),
  fc.string({ unit: 'binary', maxLength: 5 }).map((text) => Buffer.from(text).toString('latin1')),
  fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
const someText = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
const anyText = fc.oneof(
  { weight: 5, arbitrary: someText },
  someText.map((text) => `\xef\xbb\xbf${text}`),
  someText.map((text) => `\xff\xfe${Buffer.from(text, 'utf16le').toString('latin1')}`),
  fc.constantFrom(
    '',
    '\n',
    '\r',
    'b',
    'b\r',
    'b\r\nb\r',
    'b\nb',
    'b\r\nb',
    `${blockOfAnother}\n`,
    blockOfAnother,
  ),
);
/** A marker of one of our labs makes the file a damaged one: that is another test. */
const hasOurMarker = (text: string): boolean =>
  /^\s*#+\s*(?:>>>|<<<)\s*lab\s+(?:one|two|three|ssh)/m.test(text);
const text = anyText.filter((each) => !hasOurMarker(each));

const foreign = fc.record({
  act: fc.constantFrom<ForeignEdit['act'][]>(
    'append',
    'append without newline',
    'prepend',
    'insert above a block',
    'delete a line',
    'lengthen the last line',
    'cut the final newline',
  ),
  line: fc.constantFrom('5.6.7.8 theirs', 'Host theirs', '#'),
  at: fc.nat(20),
});
const name = fc.constantFrom(...labs);
const operation = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant('up' as const), name, nodes: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('destroy' as const), name }) },
  { weight: 2, arbitrary: foreign },
);
const operations = fc.array(operation, { maxLength: 14 });
const entriesOf = (lab: string, nodes: number): { address: string; names: string[] }[] =>
  Array.from({ length: nodes }, (_, node) => ({
    address: `172.17.8.${String(node)}`,
    names: [`${lab}-${String(node)}`],
  }));
const linesOf = (lab: string, nodes: number): string[] =>
  entriesOf(lab, nodes).map(({ address, names }) => `${address}\t${names.join(' ')}`);

describe('blocks in a text', () => {
  it('come, change and go, and no other byte ever changes', () => {
    fc.assert(
      fc.property(text, operations, (original, steps) => {
        const model = new HostFileModel(original);
        let file = latin1(original);
        steps.forEach((step, index) => {
          if (step.act === 'up') {
            model.put(step.name, linesOf(step.name, step.nodes));
            file = replaceBlock(file, step.name, linesOf(step.name, step.nodes));
          } else if (step.act === 'destroy') {
            model.drop(step.name);
            file = removeBlock(file, step.name);
          } else if (model.edit({ ...step, line: `${step.line} ${String(index)}` })) {
            file = latin1(model.bytes);
          }
          model.verify(file.toString('latin1'));
        });
        for (const lab of labs) {
          model.drop(lab);
          file = removeBlock(file, lab);
          model.verify(file.toString('latin1'));
        }
        expect(file.toString('latin1')).toBe(model.bytes);
      }),
      { numRuns: 800 },
    );
  });
});

describe('real files', () => {
  let dir: string;
  let runs = 0;
  // In memory where there is such a folder: a thousand times to the disk and back would take too long.
  beforeAll(async () => {
    dir = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'lab-host-files-'));
  });
  afterAll(async () => {
    await rm(dir, { recursive: true });
  });

  /** A file that is there or not, in a folder that is, and what must be true of it after every step. */
  class WatchedFile {
    readonly path: string;
    readonly model: HostFileModel;
    readonly #wasMissing: boolean;
    #foreignWrites = 0;

    constructor(path: string, original: string | undefined, notes: string[]) {
      this.path = path;
      this.model = new HostFileModel(original ?? '', notes);
      this.#wasMissing = original === undefined;
      if (original !== undefined) writeFileSync(path, latin1(original), { mode: 0o640 });
    }

    get actual(): string {
      return existsSync(this.path) ? readFileSync(this.path, 'latin1') : '';
    }

    foreignEdit(edit: ForeignEdit): void {
      if (!this.model.edit(edit)) return;
      this.#foreignWrites += 1;
      writeFileSync(this.path, latin1(this.model.bytes));
    }

    async step(act: () => Promise<'changed' | 'unchanged'>): Promise<void> {
      const before = this.#look();
      const outcome = await act();
      this.model.verify(this.actual);
      const after = this.#look();
      expect(outcome).toBe(before?.bytes === after?.bytes ? 'unchanged' : 'changed');
      if (before === undefined || after === undefined) return;
      expect(after.rights).toEqual(before.rights);
      if (outcome === 'unchanged') expect(after.written).toEqual(before.written);
    }

    #look(): { bytes: string; rights: number[]; written: number[] } | undefined {
      if (!existsSync(this.path)) return undefined;
      const { mode, uid, gid, ino, mtimeMs } = statSync(this.path);
      return { bytes: this.actual, rights: [mode, uid, gid], written: [ino, mtimeMs] };
    }

    /** When all labs are gone. */
    expectOriginal(): void {
      expect(this.actual).toBe(this.model.bytes);
      if (!this.#wasMissing) expect(existsSync(this.path)).toBe(true);
      if (this.#wasMissing && this.#foreignWrites === 0) expect(existsSync(this.path)).toBe(false);
    }
  }

  const hostsFile = (folder: string, lab: string): HostsFile =>
    hostsFileOf(join(folder, 'hosts'), join(folder, 'home'), lab);
  function newFolder(): string {
    const folder = join(dir, String((runs += 1)));
    mkdirSync(folder);
    return folder;
  }

  it('the hosts file: any content, any sequence of labs and of other writers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.option(text, { nil: undefined }), operations, async (original, steps) => {
        const folder = newFolder();
        const notes = ['# lab made this file; it goes with this block'];
        const file = new WatchedFile(join(folder, 'hosts'), original, notes);
        const destroy = (lab: string): Promise<void> => {
          file.model.drop(lab);
          return file.step(() => hostsFile(folder, lab).remove());
        };
        for (const [index, step] of steps.entries()) {
          if (step.act === 'up') {
            file.model.put(step.name, linesOf(step.name, step.nodes));
            const entries = entriesOf(step.name, step.nodes);
            await file.step(() => hostsFile(folder, step.name).write(entries));
            expect(await hostsFile(folder, step.name).inspect(entries)).toBe('current');
          } else if (step.act === 'destroy') await destroy(step.name);
          else file.foreignEdit({ ...step, line: `${step.line} ${String(index)}` });
        }
        for (const lab of labs) await destroy(lab);
        file.expectOriginal();
      }),
      { numRuns: 80 },
    );
  }, 20_000);

  it('the ssh config: any content, any sequence of labs of several LAB_HOMEs and of other writers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.option(text, { nil: undefined }), operations, async (original, steps) => {
        const folder = newFolder();
        const notes = ['file', 'folder'].map((what) => `# lab made this ${what}; it goes with this block`);
        const file = new WatchedFile(join(folder, 'config'), original, notes);
        // Every name is a LAB_HOME of its own, with labs by the number of nodes.
        const homeOf = (home: string): string => join(folder, home);
        const include = (home: string): SshInclude =>
          new SshInclude({ file: file.path, home: homeOf(home), clock: systemClock });
        const lineOf = (home: string): string => `Include "${sshFiles(labDir(homeOf(home), '*')).config}"`;
        const configOf = (home: string): string => sshFiles(labDir(homeOf(home), 'coreos')).config;
        const up = async (home: string): Promise<void> => {
          mkdirSync(join(configOf(home), '..'), { recursive: true });
          writeFileSync(configOf(home), '');
          const lines = file.model.linesOf('ssh');
          const isBelowHost = /^[ \t]*(host|match)\b/im.test(file.model.textAbove('ssh'));
          if (lines?.includes(lineOf(home)) !== true || isBelowHost) {
            file.model.drop('ssh');
            file.model.put('ssh', [...new Set([...(lines ?? []), lineOf(home)])], 'start');
          }
          await file.step(() => include(home).add());
          expect(await include(home).inspect()).toBe('current');
        };
        const destroy = async (home: string): Promise<void> => {
          if (existsSync(configOf(home))) unlinkSync(configOf(home));
          const left = (file.model.linesOf('ssh') ?? []).filter((line) => line !== lineOf(home));
          if (left.length === 0) file.model.drop('ssh');
          else file.model.put('ssh', left, 'start');
          await file.step(() => include(home).remove('coreos'));
        };
        for (const [index, step] of steps.entries()) {
          if (step.act === 'up') await up(step.name);
          else if (step.act === 'destroy') await destroy(step.name);
          else file.foreignEdit({ ...step, line: `${step.line} ${String(index)}` });
        }
        for (const home of labs) await destroy(home);
        file.expectOriginal();
      }),
      { numRuns: 80 },
    );
  }, 20_000);

  it('a hosts file with broken markers is refused as it is', async () => {
    const marker = fc.constantFrom(
      '# >>> lab one >>> managed by lab; do not edit',
      '# >>> lab one >>> managed by lab; do not edit (the line above had no newline; its sum 00000000)',
      '# <<< lab one <<<',
      ' # <<< lab one <<<',
      '# >>> lab one >>>',
      '## >>> lab one',
      '# >>> lab two >>> managed by lab; do not edit',
      '10.0.0.1 x',
    );
    const content = fc
      .array(fc.tuple(marker, fc.constantFrom('\n', '\r\n', '\n\n')), { maxLength: 6 })
      .map((lines) => lines.flat().join(''));
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(content, fc.boolean(), async (original, isUp) => {
        const folder = newFolder();
        const path = join(folder, 'hosts');
        writeFileSync(path, original);
        const hosts = hostsFile(folder, 'one');
        const isDamaged = (await hosts.inspect([])) === 'damaged';
        const { mtimeMs, ino } = statSync(path);
        const change = isUp ? hosts.write(entriesOf('one', 1)) : hosts.remove();
        if (!isDamaged) {
          await change;
          return;
        }
        refused += 1;
        await expect(change).rejects.toMatchObject({ code: 'LAB_HOSTS_DAMAGED' });
        expect(readFileSync(path, 'latin1')).toBe(original);
        expect(statSync(path)).toMatchObject({ mtimeMs, ino });
      }),
      { numRuns: 100 },
    );
    expect(refused).toBeGreaterThan(20);
  });
});
