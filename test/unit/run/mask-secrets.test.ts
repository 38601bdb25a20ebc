import { describe, expect, it } from 'vitest';
import { maskSecrets } from '../../../src/run/mask-secrets.ts';

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
  ])('%j', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
    expect(maskSecrets(masked)).toBe(masked);
  });
});
