import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extractMember } from '../../../src/artifacts/extract-member.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'lab-tar-'));
const at = (name: string): string => path.join(directory, name);
const program = Buffer.from(Array.from({ length: 70_001 }, (_, index) => (index * 13) % 256));
const longName = `tool-v1/${'deep/'.repeat(30)}${'n'.repeat(120)}`;

/** Archives are made by the system's tar, in the formats that are met in the wild. */
function tar(name: string, ...options: string[]): string {
  execFileSync('tar', [...options, '-czf', at(name), '-C', directory, 'tool-v1']);
  return at(name);
}

beforeAll(() => {
  mkdirSync(path.dirname(at(longName)), { recursive: true });
  writeFileSync(at('tool-v1/README'), 'read me\n');
  writeFileSync(at('tool-v1/empty'), '');
  writeFileSync(at('tool-v1/tool'), program);
  writeFileSync(at(longName), 'far down');
  symlinkSync('/etc/passwd', at('tool-v1/link'));
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('extractMember', () => {
  it.each(['gnu', 'pax', 'posix'])('reads binary, empty and far members of the format %s', async (format) => {
    const archive = tar(`${format}.tar.gz`, `--format=${format}`);
    expect((await extractMember(archive, 'tool-v1/tool')).equals(program)).toBe(true);
    expect((await extractMember(archive, './tool-v1/empty')).length).toBe(0);
    expect((await extractMember(archive, longName)).toString()).toBe('far down');
  });

  it('reads an archive that is not compressed', async () => {
    writeFileSync(at('plain.tar'), gunzipSync(readFileSync(tar('plain.tar.gz'))));
    expect((await extractMember(at('plain.tar'), 'tool-v1/README')).toString()).toBe('read me\n');
  });

  it.each([
    ['tool-v1/missing', /it has no tool-v1\/missing; it has tool-v1\//],
    ['tool-v1/link', /tool-v1\/link is no ordinary file in it/],
    ['tool-v1', /it has no tool-v1;/],
  ])('refuses %s', async (member, message) => {
    const error = extractMember(tar('refused.tar.gz'), member);
    await expect(error).rejects.toMatchObject({ code: 'LAB_ARTIFACT_UNAVAILABLE' });
    await expect(error).rejects.toThrow(message);
  });

  it('refuses what is cut off or no archive', async () => {
    const whole = readFileSync(tar('whole.tar.gz', '--sort=name'));
    writeFileSync(at('cut.tar.gz'), whole.subarray(0, whole.length - 100));
    await expect(extractMember(at('cut.tar.gz'), 'tool-v1/tool')).rejects.toThrow(/unexpected end of file/);
    writeFileSync(at('cut.tar'), gunzipSync(whole).subarray(0, 3000));
    await expect(extractMember(at('cut.tar'), 'tool-v1/tool')).rejects.toThrow(/cut off/);
    writeFileSync(at('page.tar.gz'), gzipSync(`<html>${' '.repeat(600)}</html>`));
    await expect(extractMember(at('page.tar.gz'), 'tool-v1/tool')).rejects.toThrow(/not a tar archive/);
    await expect(extractMember(at('nothing'), 'tool-v1/tool')).rejects.toThrow(/ENOENT/);
  });

  /** A header of an archive that somebody made by hand. */
  function header(name: string, { type = '0', size = '0' }: { type?: string; size?: string } = {}): Buffer {
    const block = Buffer.alloc(512);
    block.write(name, 0, 100, 'latin1');
    block.write('0000644', 100);
    block.write(size.padStart(11, '0'), 124);
    block.write('        ', 148);
    block.write(type, 156);
    block.write('ustar\x0000', 257, 'latin1');
    block.write(
      block
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0'),
      148,
    );
    return block;
  }
  const content = (text: string): Buffer =>
    Buffer.concat([Buffer.from(text), Buffer.alloc(512 - text.length)]);

  it('takes the very member that was asked for out of an archive full of other names, and writes nothing', async () => {
    const names = [
      '../tool',
      '/tool',
      '../../etc/passwd',
      'tool\n',
      'a/../tool',
      './../tool',
      '\u001b[2Jtool',
    ];
    const others = names.flatMap((name) => [header(name, { size: '4' }), content('evil')]);
    const nodes = ['3', '4', '6', '2', '1'].map((type) => header('dir', { type }));
    const end = [header('tool', { size: '4' }), content('good'), Buffer.alloc(1024)];
    writeFileSync(at('names.tar'), Buffer.concat([...others, ...nodes, ...end]));
    const before = readdirSync(directory, { recursive: true }).length;
    expect((await extractMember(at('names.tar'), 'tool')).toString()).toBe('good');
    // A file below what is a link in the archive is a name like any other.
    writeFileSync(
      at('link.tar'),
      Buffer.concat([
        header('dir', { type: '2' }),
        header('dir/passwd', { size: '4' }),
        content('file'),
        Buffer.alloc(1024),
      ]),
    );
    expect((await extractMember(at('link.tar'), 'dir/passwd')).toString()).toBe('file');
    for (const type of ['1', '2', '3', '4', '5', '6']) {
      writeFileSync(at('node.tar'), Buffer.concat([header('tool', { type }), Buffer.alloc(1024)]));
      await expect(extractMember(at('node.tar'), 'tool')).rejects.toThrow('no ordinary file');
    }
    expect(readdirSync(directory, { recursive: true })).toHaveLength(before + 2);
  });

  it.each([
    ['a size that is negative', [header('tool', { size: '-0000000001' })], /makes no sense/],
    ['a size that is no number', [header('tool', { size: 'zzzzzzzzzzz' })], /makes no sense/],
    ['a size that never ends', [header('tool', { size: '77777777777' })], /too large/],
    [
      'a header that never ends',
      [header('pax', { type: 'x', size: '77777777777' })],
      /header in it is too large/,
    ],
    [
      'a long name that never ends',
      [header('name', { type: 'L', size: '77777777777' })],
      /header in it is too large/,
    ],
    [
      'a size in pax that is none',
      [header('pax', { type: 'x', size: '15' }), content('13 size=1e9x\n')],
      /makes no sense/,
    ],
  ])('refuses %s, without taking it into memory', async (_what, blocks, message) => {
    writeFileSync(at('size.tar'), Buffer.concat([...blocks, header('tool'), Buffer.alloc(1024)]));
    await expect(extractMember(at('size.tar'), 'tool')).rejects.toThrow(message);
  });
});
