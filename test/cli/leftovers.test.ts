import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { labSandbox, type LabSandbox } from '../support/lab-process.ts';
import { saveLab } from '../support/saved-lab.ts';

let sandbox: LabSandbox;
beforeEach(async () => {
  sandbox = await labSandbox();
});
afterEach(() => sandbox.remove());

const localhost = '127.0.0.1\tlocalhost\n';
const block = '# >>> lab gone >>> managed by lab; do not edit\n10.0.0.5\tcore-01\n# <<< lab gone <<<\n';
const noVirtualBox = 'Not looked at: VirtualBox: there is no VBoxManage on PATH.\n';

async function write(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

/** The lab `gone` without its state; returns the user's ssh config. */
async function leave(): Promise<string> {
  await write(join(sandbox.paths('gone').logs, 'up.log'), 'log\n');
  await write(join(sandbox.paths('gone').ssh, 'config'), '# Machines of lab gone\n');
  await write(sandbox.hostsFile, localhost + block);
  const include = `Include "${sandbox.home}/labs/*/ssh/config"`;
  const text = `# >>> lab ssh >>> managed by lab; do not edit\n${include}\n# <<< lab ssh <<<\nHost mine\n`;
  return write(join(sandbox.dir, 'home', '.ssh', 'config'), text);
}

const leftovers = (...args: string[]): ReturnType<LabSandbox['run']> =>
  sandbox.run(['leftovers', '--hosts-file', 'hosts', ...args]);

it('finds nothing on a computer that no lab was on, and makes nothing there', async () => {
  expect(await leftovers()).toEqual({ exitCode: 0, stdout: `Nothing is left.\n${noVirtualBox}`, stderr: '' });
  expect(await leftovers('--clean')).toMatchObject({
    exitCode: 0,
    stdout: `Nothing is left.\n${noVirtualBox}Nothing was removed.\n`,
  });
  expect(existsSync(sandbox.home)).toBe(false);
});

it('works without Docker, and with one that does not answer, and says so', async () => {
  const missing = await sandbox.run(['leftovers'], { without: ['docker', 'vagrant'] });
  expect(missing.exitCode).toBe(0);
  expect(missing.stdout).toContain('Not looked at: Docker: There is no `docker` on PATH.');
  const down = await sandbox.run(['leftovers'], { env: { FAKE_DOCKER: 'down' } });
  expect(down.stdout).toMatch(/^Not looked at: Docker: The Docker engine cannot be used: .*$/m);
});

it('shows what is left in a line each, and asks before it removes any of it', async () => {
  const config = await leave();
  const shown = await leftovers();
  expect(shown.exitCode).toBe(1);
  expect(shown.stdout.replaceAll(sandbox.dir, '')).toBe(
    [
      'Left by labs that are gone (`--clean` removes it):',
      '  folder of lab gone (/lab home/labs/gone, 27 bytes, 0 min old): it has no state.json, only logs, ssh',
      '  Include of the labs (/home/.ssh/config): no lab has an ssh config',
      'Not certain (`--clean` asks for each on a terminal, `--clean --uncertain` removes it):',
      '  hosts block gone (/hosts): 1 line; there is no lab gone here; another user may have one',
      noVirtualBox,
    ].join('\n'),
  );
  const unasked = await leftovers('--clean');
  expect(unasked.exitCode).toBe(2);
  expect(unasked.stdout).toBe(shown.stdout);
  expect(unasked.stderr).toContain('LAB_CONFIRMATION_NEEDED');
  expect(unasked.stderr).toContain('Remove what is listed above: 2 left by labs that are gone?');
  expect(existsSync(sandbox.paths('gone').dir)).toBe(true);
  expect(await readFile(config, 'utf8')).toContain('Include');
});

it('removes what is certain with --yes, and what is not only where that is asked for', async () => {
  const config = await leave();
  const cleaned = await leftovers('--clean', '--yes');
  expect(cleaned.exitCode).toBe(1);
  expect(cleaned.stdout).toMatch(/^removed: folder of lab gone /m);
  expect(cleaned.stdout).toMatch(/^removed: Include of the labs /m);
  expect(existsSync(sandbox.paths('gone').dir)).toBe(false);
  expect(await readFile(config, 'utf8')).toBe('Host mine\n');
  expect(await readFile(sandbox.hostsFile, 'utf8')).toBe(localhost + block);
  const all = await leftovers('--clean', '--uncertain', '--yes', '--json');
  expect(all.exitCode).toBe(0);
  expect(JSON.parse(all.stdout)).toEqual({
    leftovers: [
      {
        ...{ standing: 'uncertain', what: 'hosts block gone', where: sandbox.hostsFile, lab: 'gone' },
        ...{ why: '1 line; there is no lab gone here; another user may have one', removed: true },
      },
    ],
    skipped: ['VirtualBox: there is no VBoxManage on PATH'],
    notes: [],
  });
  expect(await readFile(sandbox.hostsFile, 'utf8')).toBe(localhost);
  expect((await leftovers()).exitCode).toBe(0);
  expect(readdirSync(sandbox.home, { recursive: true }).sort()).toEqual(['labs', 'locks']);
});

it('leaves alone a lab that lives, also without its machines, and one that is at work', async () => {
  await saveLab(sandbox);
  await write(sandbox.hostsFile, `${localhost}${block.replaceAll('gone', 'coreos')}`);
  const { exitCode, stdout } = await leftovers('--clean', '--yes');
  expect(exitCode).toBe(0);
  expect(stdout).toContain(
    'Lab coreos is no leftover, but none of its machines is there: `lab up` makes them again, `lab destroy coreos` removes the lab.',
  );
  await leave();
  const owner = { pid: process.pid, command: 'lab up', since: 'today', nonce: 'n' };
  await write(sandbox.paths('gone').lock, JSON.stringify(owner));
  const busy = await leftovers('--clean', '--yes');
  expect(busy.stdout).toContain(
    `Lab gone is in use by process ${process.pid} (lab up); nothing of it was judged.`,
  );
  expect(existsSync(sandbox.paths('gone').dir)).toBe(true);
});

it('sends labs whose state is damaged to destroy', async () => {
  await saveLab(sandbox, '{"version');
  const { exitCode, stdout } = await leftovers('--clean', '--uncertain', '--yes');
  expect(exitCode).toBe(1);
  expect(stdout).toContain('its state cannot be read; `lab destroy coreos --force` removes the lab');
  expect(existsSync(sandbox.paths('coreos').state)).toBe(true);
});

it('refuses options that only --clean has a use for', async () => {
  const { exitCode, stderr } = await leftovers('--shared');
  expect([exitCode, stderr]).toEqual([
    2,
    expect.stringContaining('lab leftovers --clean --shared') as string,
  ]);
});
