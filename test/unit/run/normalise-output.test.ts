import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseOutput } from '../../../src/run/normalise-output.ts';
import { readTranscript } from '../../support/transcript.ts';

const machines = { 'core-01': '172.17.8.101', 'core-02': '172.17.8.102', 'core-03': '172.17.8.103' };

describe('normaliseOutput', () => {
  it.each([
    // Ids.
    ['daacff1d... 172.17.8.101 -', '<id> <core-01> -'],
    ['sha256:ebe472f64596ace88134e93632edbced945c333f8e284faa4db5bcc00988eca6', 'sha256:<id>'],
    ['member 8af2dee9956de913 is healthy', 'member <id> is healthy'],
    ['code_it.1.w1t5jmzk3qz5nq7ho2u4v8bpd', 'code_it.1.<id>'],
    ['x7dh2ksm0q9p  code_it.2', '<id>  code_it.2'],
    ['"member_id":5961237648668047259,', '"member_id":<id>,'],
    ['   1a2b3c4..5d6e7f8  master -> master', '   <id>..<id>  master -> master'],
    ['0bce0884-bfdb-41a5-8def-8a3c8d23104f', '<id>'],
    ['SHA256:Nx2tQjkT0z5Yt6Yd0o2jTqg0x0gqkq2aXW5wVb1qS1c', 'SHA256:<id>'],
    // Times.
    ['2026-11-21T02:15:58.123456789Z started', '<time> started'],
    ['2026-11-21 02:15:58.123456 I | etcdserver: ready', '<time> I | etcdserver: ready'],
    ['2026-11-21 15:19:10.5 +0000 UTC', '<time>'],
    ['2026/11/21 02:37:31 Checking', '<time> Checking'],
    ['Date: Sat, 21 Nov 2026 01:48:45 GMT', 'Date: <time>'],
    ['Sat Nov 21 15:08:28 UTC 2026', '<time>'],
    ['Nov 21 02:15:58 core-03 docker[939]: docker: no', '<time> core-03 docker[<pid>]: docker: no'],
    ['-rw-r--r-- 1 core core 1.2K Nov 21 15:44 page', '-rw-r--r-- 1 core core <size> <time> page'],
    ['10.0.0.3 - - 1795273200.123 GET /', '<address> - - <time> GET /'],
    // Durations.
    ['Running 3 seconds ago', 'Running <duration> ago'],
    ['Running less than a second ago', 'Running <duration> ago'],
    ['Up About a minute', 'Up <duration>'],
    [
      'successfully committed proposal: took = 4.2284ms',
      'successfully committed proposal: took = <duration>',
    ],
    ['real\t0m12.322s', 'real  <duration>'],
    ['Consumed 2.242s CPU time.', 'Consumed <duration> CPU time.'],
    // Sizes.
    ['latest  1c765107e602  1.98MB', 'latest  <id>  <size>'],
    ['Fetched 9415 kB in 1s (10.6 MB/s)', 'Fetched <size> in <duration> (<size>)'],
    ['Content-Length: 34', 'Content-Length: <size>'],
    // Addresses and ports.
    ['http://172.17.8.102:2379 is healthy', 'http://<core-02>:2379 is healthy'],
    ['172.17.8.1 172.17.8.10 172.17.8.1010', '<address> <address> 172.17.8.1010'],
    ['listening on 127.0.0.1:43121 and localhost:8087', 'listening on 127.0.0.1:<port> and localhost:<port>'],
    ['172.17.8.0/24 dev eth0', '<address>/24 dev eth0'],
    ['inet6 fe80::42:acff:fe11:2/64', 'inet6 <address>/64'],
    ['link/ether 02:42:ac:11:08:65 brd', 'link/ether <mac> brd'],
    // What is the same every time stays.
    ['localhost:5000/code.it:latest', 'localhost:<port>/code.it:latest'],
    ['0/0 (max 1 per node)', '0/0 (max 1 per node)'],
    ['etcd 3.4.23, docker 20.10.24', 'etcd 3.4.23, docker 20.10.24'],
    ['code.it on core-01', 'code.it on core-01'],
    ['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK'],
    ['unauthorized interconnect', 'unauthorized interconnect'],
    ['8.8.8.8 answered, 203.0.113.7 did not', '8.8.8.8 answered, 203.0.113.7 did not'],
    ['\u001b[32mgreen\u001b[0m  \r\n\r\n', 'green'],
  ])('%j', (printed, normal) => {
    expect(normaliseOutput(printed, machines)).toBe(normal);
  });

  it('makes real outputs of fleet, etcd, docker and journald independent of their run', () => {
    const outputs = [
      'b-list-machines',
      'b-list-units-running',
      'b-etcdctl-cluster-health',
      'b-journal',
      'e-docker-run',
    ];
    const normal = outputs.map((name) =>
      normaliseOutput(readTranscript(`cluster/${name}.txt`).stdout, machines),
    );
    expect(normal.join('\n\n')).toMatchSnapshot();
  });

  it('is the same for the same lab on another network, and when it is done again', () => {
    const real = ['book', 'other'].flatMap((name) => {
      const file = new URL(`../../fixtures/outputs/coreos-${name}-network.json`, import.meta.url);
      const { steps } = JSON.parse(readFileSync(file, 'utf8')) as {
        steps: Record<string, { output: string }[]>;
      };
      return Object.values(steps).flatMap((outputs) => outputs.map(({ output }) => output));
    });
    const octet = fc.integer({ min: 0, max: 255 });
    const network = fc.oneof(
      fc.tuple(octet, octet).map(([one, two]) => `10.${one}.${two}`),
      octet.map((one) => `192.168.${one}`),
      fc.tuple(fc.integer({ min: 16, max: 31 }), octet).map(([one, two]) => `172.${one}.${two}`),
    );
    fc.assert(
      fc.property(fc.constantFrom(...real), network, network, (output, one, other) => {
        const moved = (prefix: string): string => {
          const text = output.replace(/\b(?:172\.17\.8|10\.117\.3)(?=\.\d)/g, prefix);
          const own = Object.fromEntries(
            [101, 102, 103].map((host) => [`core-0${host - 100}`, `${prefix}.${host}`]),
          );
          return normaliseOutput(text, own);
        };
        expect(moved(one)).toBe(moved(other));
        expect(normaliseOutput(moved(one), machines)).toBe(moved(one));
      }),
    );
  });

  it('stays quick on a long line', () => {
    const line = 'a1 '.repeat(20_000) + '1'.repeat(20_000) + 'x'.repeat(20_000);
    const start = performance.now();
    normaliseOutput(line, machines);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
