import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SourceError } from '../../../src/model/errors.ts';
import { parseCloudConfig } from '../../../src/cloudinit/parse-cloud-config.ts';
import { validateCloudConfig } from '../../../src/cloudinit/validate-cloud-config.ts';

function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/cloudinit/${name}`, import.meta.url), 'utf8');
}

/** `LINE:COLUMN message hint` of each problem. */
function problems(text: string): string[] {
  return validateCloudConfig('user-data', text).map(({ position, message, hint }) =>
    `${position?.line}:${position?.column} ${message} ${hint ?? ''}`.trim(),
  );
}

function problemsBelow(text: string): string[] {
  return problems(`#cloud-config\n${text}`);
}

/** The lines that the real `coreos-cloudinit -validate` complained of, deprecations left out: ours says nothing of those. */
function linesOfCoreos(name: string): number[] {
  const lines = fixture(`c-validate-${name}.txt`)
    .split('\n')
    .filter((line) => !line.includes('deprecated key'));
  const numbers = lines.flatMap((line) => /line (\d+): (?:error|warning)/.exec(line)?.[1] ?? []).map(Number);
  // "line 0" repeats, for the whole file, that the YAML is broken.
  return [...new Set(numbers.filter((number) => number > 0))].sort((one, other) => one - other);
}

describe('beside the real coreos-cloudinit', () => {
  // Where ours says more, and why. Everything that the real one complains of, ours does too.
  const hyphens = [9, 11];
  it.each([
    ['bad-command', hyphens],
    ['bad-key', [11]],
    ['bad-section', [11]],
    ['bad-perm', []],
    ['bad-unitname', [...hyphens, 15]],
    ['chapter', hyphens],
    ['chapter-literal', []],
    ['chapter-units', hyphens],
    ['etcd2', [6, 7, 8, 9, 11]],
    ['fleet-bogus', hyphens],
    ['token-placeholder', hyphens],
    ['header-only', []],
    ['empty', [1]],
    ['script.sh', [1]],
  ])('%s: the same lines, and these more: %j', (name, more) => {
    const ours = validateCloudConfig('user-data', fixture(`${name}.yml`)).map(
      ({ position }) => position?.line ?? 0,
    );
    expect([...new Set(ours)]).toEqual([...linesOfCoreos(name), ...more].sort((one, other) => one - other));
  });

  // go-yaml names the line before the one that is wrong.
  it.each(['bad-indent', 'bad-tab'])('%s: one mistake, on the line where it is', (name) => {
    const [found, ...rest] = validateCloudConfig('user-data', fixture(`${name}.yml`));
    expect(rest).toEqual([]);
    expect(found?.position?.line).toBe((linesOfCoreos(name)[0] ?? 0) + 1);
    expect(found?.lineText).toBe(fixture(`${name}.yml`).split('\n')[(found?.position?.line ?? 1) - 1]);
  });
});

describe('validateCloudConfig', () => {
  it('refuses hyphens with the reason, and unknown keys with the likely one', () => {
    expect(problems(fixture('chapter-units.yml'))).toEqual([
      '9:5 "peer-addr" is written with a hyphen. Write "peer_addr": Flatcar from 3975.2.0 on ignores hyphenated keys without a word.',
      '11:5 "public-ip" is written with a hyphen. Write "public_ip": Flatcar from 3975.2.0 on ignores hyphenated keys without a word.',
    ]);
    expect(problems(fixture('bad-section.yml'))[0]).toBe(
      '4:3 There is no key "etdc" in "coreos". Did you mean "etcd"?',
    );
    expect(problemsBelow('write-file:\n- path: /a')[0]).toContain('Did you mean "write_files"?');
    expect(problemsBelow('coreos: {units: [{name: a.service, drop-ins: []}]}')[0]).toContain(
      'Write "drop_ins"',
    );
    expect(problemsBelow('__proto__: 1\nconstructor: 1')).toHaveLength(2);
  });

  it('knows that YAML 1.1 makes booleans of words', () => {
    expect(problemsBelow('coreos:\n  update:\n    reboot_strategy: off')).toEqual([
      '4:22 YAML reads off as false, and "reboot_strategy" is a text. Put it in quotes: "off".',
    ]);
    expect(
      problemsBelow('coreos: {update: {reboot_strategy: "off"}, units: [{name: a.service, enable: yes}]}'),
    ).toEqual([]);
    expect(problemsBelow('coreos: {units: [{name: a.service, enable: "yes"}]}')[0]).toContain(
      'must be true or false',
    );
  });

  it('compares types and forms', () => {
    expect(problemsBelow('hostname: [a]')[0]).toBe('2:11 "hostname" must be a text.');
    expect(problemsBelow('coreos: []')[0]).toContain('"coreos" must be a section with keys.');
    expect(problemsBelow('ssh_authorized_keys: ssh-rsa AAAA')[0]).toContain('must be a list');
    expect(problemsBelow('- a')[0]).toContain('"the file" must be a section');
    expect(problemsBelow('coreos: {etcd2: {heartbeat_interval: fast, debug: 1, name: 5}}')).toHaveLength(2);
    expect(problemsBelow('coreos: {locksmith: {window_start: "Thu 25:00", window_length: 1h}}')).toHaveLength(
      1,
    );
    expect(problemsBelow('coreos: {units: [{name: etcd, command: begin}, {enable: true}]}')).toHaveLength(3);
    expect(
      problemsBelow('coreos: {units: [{name: a.service, drop_ins: [{name: x, content: y}]}]}')[0],
    ).toContain('.conf');
    expect(
      problemsBelow('write_files: [{path: etc/x}, {path: /usr/x}, {path: /x, permissions: 0644}]'),
    ).toHaveLength(2);
    expect(problemsBelow('hostname:')).toEqual([
      '2:1 "hostname" has no value. Give it one, or remove the key.',
    ]);
  });

  it('finds content that is not what its encoding says', () => {
    const packed = gzipSync('text').toString('base64');
    const file = (encoding: string, content: string): string =>
      `write_files:\n- {path: /x, encoding: ${encoding}, content: "${content}"}`;
    expect(problemsBelow(file('gzip+base64', packed))).toEqual([]);
    expect(problemsBelow(file('gzip+base64', packed.slice(8)))).toHaveLength(1);
    expect(problemsBelow(file('base64', 'not base64'))).toEqual([
      '3:3 The content of this file cannot be decoded as base64.',
    ]);
  });

  it('survives what is no cloud-config at all', () => {
    expect(problemsBelow('['.repeat(50_000)).length).toBeGreaterThan(0);
    expect(problemsBelow('coreos: &a {units: *a}').length).toBeGreaterThan(0);
    expect(problemsBelow('hostname: a\nhostname: b')[0]).toContain(
      '3:1 This is not valid YAML: Map keys must be unique',
    );
    expect(problems('#cloud-config\r\nhostname: a\r\n')).toEqual([]);
    expect(problems('\u0000\u0001')).toHaveLength(1);
  });
});

describe('parseCloudConfig', () => {
  it('gives what is there, numbers in texts as they are written', () => {
    const text = `#cloud-config
hostname: core-01
write_files: [{path: /x, permissions: 0644, content: 12:30:45}]
coreos:
  etcd2: {heartbeat_interval: 500, data_dir: /var/lib/etcd/x, debug: on}
  units: [{name: a.service, runtime: no, command: start}]
`;
    expect(parseCloudConfig('user-data', text)).toEqual({
      hostname: 'core-01',
      write_files: [{ path: '/x', permissions: '0644', content: '12:30:45' }],
      coreos: {
        etcd2: { heartbeat_interval: 500, data_dir: '/var/lib/etcd/x', debug: true },
        units: [{ name: 'a.service', runtime: false, command: 'start' }],
      },
    });
    expect(parseCloudConfig('user-data', '#cloud-config')).toEqual({});
  });

  it('throws everything that is wrong at once, readable by itself', () => {
    expect(() => parseCloudConfig('user-data', fixture('bad-command.yml'))).toThrow(SourceError);
    try {
      parseCloudConfig('user-data', fixture('bad-command.yml'));
    } catch (error) {
      expect(error).toMatchObject({ code: 'LAB_CLOUD_CONFIG_INVALID', exitCode: 3 });
      expect((error as SourceError).problems).toHaveLength(4);
      expect((error as SourceError).message).toBe('The user-data user-data has 4 mistakes.');
    }
  });
});
