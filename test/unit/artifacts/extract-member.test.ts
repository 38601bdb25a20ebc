import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
});
