// `npm test`: static checks, then unit, CLI and end-to-end tests, those on a real VirtualBox among them. What cannot run
// here is named with the reason.
// The last line is `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endToEnd } from './end-to-end.mjs';

const totals = { passed: 0, failed: 0 };
const skipped = [];
const results = mkdtempSync(join(tmpdir(), 'chapterlab-test-'));

function run(command, args) {
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
}

/** A static check counts as one test. */
function check(name) {
  console.log(`\n=== ${name}`);
  const ok = run('npm', ['run', '--silent', name]);
  totals[ok ? 'passed' : 'failed'] += 1;
}

function vitest(project, wrapper = []) {
  console.log(`\n=== ${project} tests`);
  const output = join(results, `${project}.json`);
  const args = [
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${output}`,
  ];
  const [command, ...rest] = [...wrapper, 'npx', ...args];
  const ok = run(command, rest);
  count(ok, existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : undefined);
}

/** `report`: vitest's, where there is one. */
function count(ok, report = { numPassedTests: 0, numFailedTests: 0 }) {
  totals.passed += report.numPassedTests;
  // A file that cannot even be loaded fails no test, but the run.
  totals.failed += Math.max(report.numFailedTests, ok ? 0 : 1);
  for (const file of report.testResults ?? []) {
    for (const test of file.assertionResults)
      if (['pending', 'skipped', 'todo'].includes(test.status)) skipped.push(test.fullName);
  }
}

async function endToEndTests() {
  console.log('\n=== end-to-end tests');
  const { reports, ok } = await endToEnd(results);
  for (const one of reports) count(one.ok, one.report);
  if (!ok) totals.failed += 1;
}

/** What the labs of the chapter install and build on, from Debian's mirror: the machines have no internet. */
function packages() {
  const names = 'apt-cacher-ng ca-certificates docker.io hello puppet';
  const make = `scripts/package-repository.sh "$LAB_CACHE/package-repository" ${names}`;
  return run('scripts/sandbox.sh', ['--outside', 'sh', '-c', make]);
}

/** Why the end-to-end run cannot run here; undefined where it can. */
function obstacle() {
  if (process.platform !== 'linux') return 'it needs Linux (network namespaces)';
  if (process.getuid?.() !== 0) return 'it needs root (network namespaces, a Docker engine of its own)';
  const tools = ['vagrant', 'dockerd', 'mmdebstrap', 'apt-ftparchive', 'gpg', 'ip'];
  const path = `${process.env.PATH}:/usr/sbin:/sbin`.split(':');
  const missing = tools.filter((tool) => !path.some((folder) => existsSync(join(folder, tool))));
  return missing.length > 0 ? `${missing.join(', ')} missing; scripts/test.sh installs them` : undefined;
}

/** Why there can be no VirtualBox here; undefined where there can. */
function virtualBoxObstacle() {
  const { status, stderr } = spawnSync(join('scripts', 'virtualbox.sh'), ['--check'], { encoding: 'utf8' });
  return status === 0 ? undefined : (stderr?.trim().replace(/^virtualbox: /, '') ?? 'it needs Linux');
}

try {
  for (const name of [
    'check:types',
    'check:lint',
    'check:format',
    'check:unused',
    'check:dependencies',
    'build',
  ])
    check(name);
  vitest('unit');
  vitest('cli');
  const reason = obstacle();
  if (reason !== undefined) skipped.push(`the end-to-end run on real machines: ${reason}`);
  else if (
    run('scripts/sandbox.sh', ['--outside', 'lab', 'prefetch', 'coreos', '--edition', 'swarm']) &&
    packages()
  )
    await endToEndTests();
  else totals.failed += 1;
  const noVirtualBox = virtualBoxObstacle();
  if (noVirtualBox !== undefined) skipped.push(`the tests on a real VirtualBox: ${noVirtualBox}`);
  // A fault of the set-up is none of the tests', but nobody is to believe that they were passed.
  else if (run('scripts/virtualbox.sh', ['--setup'])) vitest('virtualbox', ['scripts/virtualbox.sh']);
  else totals.failed += 1;
} finally {
  rmSync(results, { recursive: true, force: true });
}
if (skipped.length > 0) console.log(`\nNot run here:\n${skipped.map((line) => `  ${line}`).join('\n')}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed === 0 ? 0 : 1);
