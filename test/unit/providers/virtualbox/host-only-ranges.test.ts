import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allowInNetworksConf,
  hostOnlyRule,
  networksConf,
  parseAllowedRanges,
  rangeToAdd,
  readAllowedRanges,
  withoutAddedRange,
} from '../../../../src/providers/virtualbox/host-only-ranges.ts';
import { fakeHost } from './fake-host.ts';

const book = '172.17.8.0/24';

describe('the ranges that VirtualBox allows', () => {
  it('are its own without networks.conf, and those of the file with it', () => {
    expect(parseAllowedRanges(undefined)).toEqual(['192.168.56.0/21']);
    const text =
      '# by the administrator\n* 10.0.0.0/8 192.168.0.0/16\n\t*\t172.16.0.0/12  2001::/64\n192.0.2.0/24\n';
    expect(parseAllowedRanges(text)).toEqual(['10.0.0.0/8', '192.168.0.0/16', '172.16.0.0/12']);
    // VirtualBox wants the star alone; an empty file allows nothing.
    expect(parseAllowedRanges('*10.0.0.0/8\n')).toEqual([]);
    expect(parseAllowedRanges('')).toEqual([]);
  });

  it.each([
    ['linux', '7.2.22', true],
    ['linux', '6.1.28', true],
    ['linux', '6.1.26', false],
    ['darwin', '6.1.50', true],
    ['darwin', '7.0.0', false],
    ['win32', '7.1.4', false],
  ] as const)('hold on %s with VirtualBox %s: %s', async (platform, version, restricted) => {
    const host = fakeHost({ platform, files: { [networksConf]: '* 10.0.0.0/8\n' } });
    expect(await readAllowedRanges(host, version)).toEqual(restricted ? ['10.0.0.0/8'] : undefined);
  });

  it('must hold the whole of a network', () => {
    const rule = hostOnlyRule(['192.168.56.0/21', '10.0.0.64/26']);
    expect(rule.isAllowed('192.168.63.0/24')).toBe(true);
    expect(rule.isAllowed('192.168.64.0/24')).toBe(false);
    expect(rule.isAllowed('10.0.0.0/24')).toBe(false);
  });
});

describe('a network that is not allowed', () => {
  it('is refused with the very line that would allow it', () => {
    expect(hostOnlyRule(['192.168.56.0/21']).refusal(book)).toEqual({
      code: 'LAB_RANGE_REFUSED',
      severity: 'error',
      message: 'VirtualBox does not allow host-only networks in 172.17.8.0/24. Allowed: 192.168.56.0/21.',
      fix: 'Use a network that is allowed (without --subnet lab takes one), or add this line to /etc/vbox/networks.conf (`lab doctor --provider virtualbox --fix` does it after asking): * 192.168.56.0/21 fe80::/10 172.17.8.0/24',
    });
    // Where the file lists ranges, the defaults are out already and stay out.
    expect(hostOnlyRule(['10.0.0.0/8']).refusal(book).fix).toMatch(/: \* 172\.17\.8\.0\/24$/);
    expect(hostOnlyRule([]).refusal(book).message).toContain('Allowed: none.');
  });

  it.each([
    ['no file', undefined, '* 192.168.56.0/21 fe80::/10 172.17.8.0/24\n'],
    ['an empty file', '', '* 192.168.56.0/21 fe80::/10 172.17.8.0/24\n'],
    ['comments only', '# mine\n', '# mine\n* 192.168.56.0/21 fe80::/10 172.17.8.0/24\n'],
    ['other ranges', '* 10.0.0.0/8\n', '* 10.0.0.0/8\n* 172.17.8.0/24\n'],
    ['no newline at the end', '* 10.0.0.0/8', '* 10.0.0.0/8\n* 172.17.8.0/24\n'],
    ['the network itself', '* 172.16.0.0/12\n', '* 172.16.0.0/12\n'],
  ])('is added to networks.conf with %s', (_what, before, after) => {
    const content = before === undefined ? undefined : Buffer.from(before);
    expect(allowInNetworksConf(content, book).toString()).toBe(after);
  });

  it('is allowed afterwards, and no byte that was there is lost, whatever it was', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const before = Buffer.from(bytes);
        const after = allowInNetworksConf(before, book);
        expect(after.subarray(0, before.length).equals(before)).toBe(true);
        expect(hostOnlyRule(parseAllowedRanges(after.toString('latin1'))).isAllowed(book)).toBe(true);
        expect(allowInNetworksConf(after, book).equals(after)).toBe(true);
      }),
    );
  });
});

describe('a line that was added', () => {
  const contents = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc
      .array(fc.constantFrom('* 10.0.0.0/8', '# mine', '', '* 172.17.9.0/24', '* 192.0.2.0/24\r'), {
        maxLength: 5,
      })
      .map((lines) => Buffer.from(lines.join('\n'))),
  );

  it('goes again, and every byte is as it was, also beside what others add before and behind it', () => {
    fc.assert(
      fc.property(contents, contents, contents, (before, above, below) => {
        const added = rangeToAdd(before, book);
        if (added === undefined) return;
        const after = allowInNetworksConf(before, book);
        expect(withoutAddedRange(after, added)).toEqual(before);
        const line = Buffer.from(`${added.line}\n`);
        const around = Buffer.concat([above, Buffer.from('\n'), line, below]);
        if (below.includes(line.subarray(0, -1)) || below.length === 0) return;
        expect(withoutAddedRange(around, added)).toEqual(Buffer.concat([above, Buffer.from('\n'), below]));
      }),
    );
  });

  it.each([
    ['is gone', '* 10.0.0.0/8\n'],
    ['has another range', '* 172.17.8.0/24 172.17.9.0/24\n'],
    ['is a comment', '#* 172.17.8.0/24\n'],
    ['has another end', '* 172.17.8.0/24\r\n'],
  ])('is nobody’s to remove where it %s', (_what, text) => {
    const added = { line: '* 172.17.8.0/24', endsLine: false };
    expect(withoutAddedRange(Buffer.from(text), added)).toBeUndefined();
  });
});
