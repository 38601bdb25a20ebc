import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../../src/model/scenario.ts';
import { quoteShell } from '../../../src/provision/quote.ts';
import { lineMasker, maskAll, maskSecrets, rememberSecrets } from '../../../src/run/mask-secrets.ts';

const key = [
  '-----BEGIN OPENSSH PRIVATE KEY-----',
  'b3BlbnNzaC1rZXk=',
  '-----END OPENSSH PRIVATE KEY-----',
].join('\n');

describe('maskSecrets', () => {
  it.each([
    [`before\n${key}\nafter`, 'before\n<private key>\nafter'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE', '<private key>'],
    ['-----BEGIN PRIVATE KEY-----\r\nMIIE\r\n-----END PRIVATE KEY-----\r\n', '<private key>\r\n'],
    [
      'docker swarm join --token SWMTKN-1-5q0x2gk8c6-1zg7fd 172.17.8.101:2377',
      'docker swarm join --token <swarm join token> 172.17.8.101:2377',
    ],
    ['MYSQL_ROOT_PASSWORD=hunter2 NAME=x', 'MYSQL_ROOT_PASSWORD=<password> NAME=x'],
    ['-e "DB_PASSWORD=two words" x', '-e "DB_PASSWORD=<password>" x'],
    ["WORDPRESS_DB_PASSWORD='two words' x", 'WORDPRESS_DB_PASSWORD=<password> x'],
    [
      'DATABASE_URL=mysql://mariadb:s3cr3t@dokku-mariadb-blog:3306/blog',
      'DATABASE_URL=mysql://mariadb:<password>@dokku-mariadb-blog:3306/blog',
    ],
    [
      'https://discovery.etcd.io/new?size=3 user@host:path',
      'https://discovery.etcd.io/new?size=3 user@host:path',
    ],
    ['-----BEGIN PUBLIC KEY-----\nMIIB', '-----BEGIN PUBLIC KEY-----\nMIIB'],
    ['he said\nMIIEabc+/9\nabcd==\n-----END RSA PRIVATE KEY-----\nend', 'he said\n<private key>\nend'],
    ['password=$(cat file) x PASSWORD="${a#*:}"', 'password=$(cat file) x PASSWORD="${a#*:}"'],
    ['^mysql://mysql:[^@]+@db', '^mysql://mysql:[^@]+@db'],
    ['A_PASSWORD=$tart', 'A_PASSWORD=<password>'],
  ])('%j', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
    expect(maskSecrets(masked)).toBe(masked);
  });
});

describe('lineMasker', () => {
  it('masks a key that comes line by line, also between the lines of other machines', () => {
    const mask = lineMasker();
    const lines = [
      ...['core-01: done', 'core-01: -----BEGIN RSA PRIVATE KEY-----', 'core-01: MIIEabc+/9'],
      ...['core-02: it goes on', 'core-01: QUJD', 'core-01: -----END RSA PRIVATE KEY-----', 'core-01: done'],
    ];
    expect(lines.map(mask)).toEqual([
      ...['core-01: done', 'core-01: <private key>', '<private key>'],
      ...['core-02: it goes on', '<private key>', '<private key>', 'core-01: done'],
    ]);
    expect(mask('abcd')).toBe('abcd');
  });

  it('is quick with megabytes that look like keys and addresses', () => {
    const text = `${'QUJDREVGR0g=\n'.repeat(80_000)}${'a.b-'.repeat(250_000)}`;
    const started = performance.now();
    expect(maskSecrets(text)).toBe(text);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('the value of a secret parameter', () => {
  const parameters = {
    admin: { type: 'string', secret: true, default: '', description: 'x' },
    town: { type: 'string', default: '', description: 'x' },
  } as Scenario['parameters'];

  it('is masked however it is written, in texts and in data', () => {
    const value = `o'clock "12" $HOME 100%`;
    rememberSecrets({ parameters }, { admin: value, town: 'Oldenburg' });
    rememberSecrets({ parameters }, { admin: '', town: '' });
    const written = [value, quoteShell(value), JSON.stringify(value), encodeURIComponent(value), btoa(value)];
    expect(written.map(maskSecrets)).toEqual([
      '<secret>',
      "'<secret>'",
      '"<secret>"',
      '<secret>',
      '<secret>',
    ]);
    expect(maskAll({ of: [value, 1, null, true], town: 'Oldenburg' })).toEqual({
      of: ['<secret>', 1, null, true],
      town: 'Oldenburg',
    });
  });
});
