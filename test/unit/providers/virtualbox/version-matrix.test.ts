import { expect, it } from 'vitest';
import {
  parseVirtualBoxVersion,
  versionProblem,
} from '../../../../src/providers/virtualbox/version-matrix.ts';
import { readTranscript } from '../../../support/transcript.ts';

it.each([
  ['the answer itself', readTranscript('virtualbox/version.txt').stdout, '7.2.22'],
  ["Debian's wrapper with its warning", readTranscript('virtualbox/version-dkms.txt').stdout, '7.2.22'],
  ['a build of Oracle', '7.0.26r168464\n', '7.0.26'],
  ['a build of Oracle on Windows', '7.1.4r165100\r\n', '7.1.4'],
  ['nothing', '', undefined],
  ['something else', 'this is 7.2.1 of something\n', undefined],
])('reads the version from %s', (_what, printed, version) => {
  expect(parseVirtualBoxVersion(printed)).toBe(version);
});

it.each([
  ['2.3.4', '7.0.26'],
  ['2.3.4', '6.1.50'],
  ['2.4.1', '7.0.10'],
  ['2.4.2', '7.1.12'],
  ['2.4.8', '7.1.0'],
  ['2.4.9', '7.2.22'],
  // Newer than what we know.
  ['2.4.10', '7.3.0'],
  ['3.0.0', '8.0.2'],
  // What cannot be read is told of elsewhere.
  [undefined, '7.2.22'],
  ['nonsense', '7.2.22'],
])('Vagrant %s drives VirtualBox %s', (vagrant, virtualBox) => {
  expect(versionProblem(virtualBox, vagrant)).toBeUndefined();
});

it.each([
  ['2.3.4', '7.1.2', 'up to 7.0', 'Install Vagrant 2.4.2 or later'],
  ['2.3.4', '7.2.22', 'up to 7.0', 'Install Vagrant 2.4.9 or later'],
  ['2.4.1', '7.1.2', 'up to 7.0', 'Install Vagrant 2.4.2 or later'],
  ['2.4.8', '7.2.0', 'up to 7.1', 'Install Vagrant 2.4.9 or later'],
  ['2.4.9', '7.3.0', 'up to 7.2', 'Install a Vagrant that knows VirtualBox 7.3, newer than 2.4.9'],
  ['2.4.9', '8.0.2', 'up to 7.2', 'Install a Vagrant that knows VirtualBox 8.0, newer than 2.4.9'],
])('Vagrant %s refuses VirtualBox %s', (vagrant, virtualBox, limit, upgrade) => {
  const problem = versionProblem(virtualBox, vagrant);
  expect(problem).toMatchObject({ code: 'LAB_VIRTUALBOX_VERSION', severity: 'error' });
  expect(problem?.message).toBe(
    `VirtualBox is ${virtualBox}; Vagrant ${vagrant} drives VirtualBox ${limit}.`,
  );
  expect(problem?.fix).toContain(upgrade);
  expect(problem?.fix).toContain(`or VirtualBox ${limit.slice(6)}`);
});
