// `npm test`: static checks, then unit, CLI and end-to-end tests, those on a real VirtualBox among them. What cannot run
// here is named with the reason. What does not need all processors runs side by side and is shown when it has ended.
// The last line is `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endToEnd } from './end-to-end.mjs';
import { runCaptured } from './run-captured.mjs';

const totals = { passed: 0, failed: 0 };
const skipped = [];
const results = mkdtempSync(join(tmpdir(), 'chapterlab-test-'));
let interrupted = false;
process.on('SIGINT', () => {
  interrupted = true;
});

/** Shows what the command said when it has ended. Whether it went well. */
async function run(title, command, args) {
  const { status, text } = await runCaptured(command, args);
  console.log(`\n=== ${title}\n${text.trimEnd()}`);
  return status === 0;
}

/** A static check counts as one test. */
async function check(name) {
  const ok = await run(name, 'npm', ['run', '--silent', name]);
  totals[ok ? 'passed' : 'failed'] += 1;
}

async function staticChecks() {
  const others = async () => {
    for (const name of ['check:types', 'check:format', 'check:unused', 'check:dependencies', 'build'])
      await check(name);
  };
  await Promise.all([check('check:lint'), others()]);
}

async function vitest(project, wrapper = []) {
  const output = join(results, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
  const [command, ...rest] = [...wrapper, 'npx', 'vitest', 'run', '--project', project, ...reporters];
  const ok = await run(`${project} tests`, command, rest);
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

/** What the labs of the chapter install and build on, fetched before any machine needs it: they have no internet. */
async function prepareMachines() {
  const outside = (title, ...command) => run(title, 'scripts/sandbox.sh', ['--outside', ...command]);
  const names = 'apt-cacher-ng ca-certificates docker.io hello puppet';
  const make = `scripts/package-repository.sh "$LAB_CACHE/package-repository" ${names}`;
  return (
    (await outside('node image', 'lab', 'prefetch', 'coreos', '--edition', 'swarm')) &&
    (await outside('packages', 'sh', '-c', make))
  );
}

async function endToEndTests() {
  const { reports, ok } = await endToEnd(results, () => interrupted);
  for (const one of reports) count(one.ok, one.report);
  if (!ok) totals.failed += 1;
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

/** Machines are interpreted there and need all processors. */
async function virtualBoxTests() {
  // A fault of the set-up is none of the tests', but nobody is to believe that they were passed.
  if (await run('VirtualBox', 'scripts/virtualbox.sh', ['--setup']))
    await vitest('virtualbox', ['scripts/virtualbox.sh']);
  else totals.failed += 1;
}

try {
  await staticChecks();
  const noMachines = obstacle();
  const [prepared] = await Promise.all([
    noMachines === undefined ? prepareMachines() : true,
    vitest('unit'),
    vitest('cli'),
  ]);
  if (noMachines !== undefined) skipped.push(`the end-to-end run on real machines: ${noMachines}`);
  else if (!prepared) totals.failed += 1;
  else if (!interrupted) await endToEndTests();
  const noVirtualBox = virtualBoxObstacle();
  if (noVirtualBox !== undefined) skipped.push(`the tests on a real VirtualBox: ${noVirtualBox}`);
  else if (!interrupted) await virtualBoxTests();
} finally {
  rmSync(results, { recursive: true, force: true });
}
if (skipped.length > 0) console.log(`\nNot run here:\n${skipped.map((line) => `  ${line}`).join('\n')}`);
if (interrupted) console.log('\nInterrupted: not everything was run.');
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exit(interrupted ? 130 : totals.failed === 0 ? 0 : 1);
