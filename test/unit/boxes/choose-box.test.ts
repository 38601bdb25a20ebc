import { describe, expect, it } from 'vitest';
import { boxChecksum, parseBoxMetadata } from '../../../src/boxes/box-metadata.ts';
import { chooseBox } from '../../../src/boxes/choose-box.ts';

const wish = { provider: 'virtualbox', architecture: 'amd64' } as const;

function metadata(versions: Record<string, Record<string, unknown>[]>) {
  const list = Object.entries(versions).map(([version, providers]) => ({
    version,
    status: 'active',
    providers: providers.map((entry) => ({
      name: 'virtualbox',
      url: 'https://boxes.invalid/x.box',
      ...entry,
    })),
  }));
  return parseBoxMetadata(JSON.stringify({ name: 'x', description: 'y', versions: list }));
}

describe('chooseBox', () => {
  it('takes the newest version that has a file for the provider and the processor', () => {
    const found = metadata({
      '4593.2.5': [{ url: 'https://boxes.invalid/old.box' }],
      '4593.10.0': [{ url: 'https://boxes.invalid/new.box' }],
      '4600.0.0': [{ architecture: 'arm64' }, { name: 'parallels' }],
    });
    const { version, file } = chooseBox(found, wish);
    expect([version, file.url]).toEqual(['4593.10.0', 'https://boxes.invalid/new.box']);
    expect(chooseBox(found, { ...wish, version: '4593.2.5' }).file.url).toBe('https://boxes.invalid/old.box');
  });

  it('takes the file of that architecture, else one of the time before there were several', () => {
    const files = [
      { architecture: 'arm64', url: 'https://boxes.invalid/arm' },
      { architecture: 'unknown', default_architecture: true, url: 'https://boxes.invalid/unknown' },
      { architecture: 'amd64', url: 'https://boxes.invalid/amd' },
    ];
    expect(chooseBox(metadata({ '1.0.0': files }), wish).file.url).toBe('https://boxes.invalid/amd');
    const older = metadata({ '1.0.0': files.slice(0, 2) });
    expect(chooseBox(older, wish).file.url).toBe('https://boxes.invalid/unknown');
    expect(chooseBox(older, { ...wish, architecture: 'arm64' }).file.url).toBe('https://boxes.invalid/arm');
  });

  it.each([
    ['1.2.3.4', '1.2.3.10'],
    ['20240101', '20240102'],
    ['0', '0.1.0'],
  ])('knows versions that semver does not: %s is older than %s', (older, newer) => {
    expect(chooseBox(metadata({ [newer]: [{}], [older]: [{}] }), wish).version).toBe(newer);
    expect(chooseBox(metadata({ [older]: [{}], [newer]: [{}] }), wish).version).toBe(newer);
  });

  it('says what was asked for and what there is', () => {
    const found = metadata({ '1.0.0': [{ name: 'libvirt' }], '1.1.0': [{ architecture: 'arm64' }] });
    expect(() => chooseBox(found, { ...wish, version: '9.9.9' })).toThrow(
      'it has no version 9.9.9; it has 1.1.0, 1.0.0',
    );
    expect(() => chooseBox(found, wish)).toThrow(
      'it has nothing for virtualbox (amd64); it has 1.1.0 for virtualbox (arm64), 1.0.0 for libvirt (amd64)',
    );
    expect(() => parseBoxMetadata('<!doctype html>')).toThrow('it is not box metadata: no JSON');
    expect(() => parseBoxMetadata('{"versions":[{"version":1}]}')).toThrow('versions.0.version');
  });
});

describe('boxChecksum', () => {
  const of = (checksum: unknown, checksum_type: unknown) => {
    const file = metadata({ '1.0.0': [{ checksum, checksum_type }] }).versions[0]?.providers[0];
    return file === undefined ? undefined : boxChecksum(file, 'https://boxes.invalid/m.json');
  };

  it('reads the types that catalogues use', () => {
    expect(of('ABC', 'sha256')).toMatchObject({ algorithm: 'sha256', hex: 'abc' });
    expect(of('abc', 'SHA-512')).toMatchObject({ algorithm: 'sha512' });
    expect(of('abc', 'md5')).toMatchObject({ algorithm: 'md5' });
    for (const [sum, type] of [
      ['', ''],
      [null, null],
      [undefined, undefined],
      ['abc', 'none'],
    ]) {
      expect(of(sum, type)).toBeUndefined();
    }
    expect(() => of('abc', 'crc32')).toThrow('its checksum type crc32 is not known');
  });
});
