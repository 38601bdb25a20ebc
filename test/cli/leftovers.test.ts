import { existsSync, readdirSync } from 'node:fs';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labSandbox, type LabSandbox } from '../support/lab-process.ts';
import { savedState, saveLab } from '../support/saved-lab.ts';

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

describe('the journal of what labs share', () => {
  const journal = (): string => join(sandbox.home, 'journal.jsonl');
  const entry = (id: number, change: object): string => {
    return `${JSON.stringify({ id, at: '2026-11-20T09:00:00.000Z', change })}\n`;
  };
  const done = (id: number): string => `{"id":${id},"at":"2026-11-20T09:00:01.000Z","mark":"done"}\n`;
  /** A box of a scenario of somebody's own. */
  const box = (version: string): object => {
    const vagrantHome = sandbox.env['VAGRANT_HOME'];
    return { kind: 'box', vagrantHome, name: 'own/tiny', version, provider: 'virtualbox' };
  };
  const boxFolder = (version: string): string =>
    join(sandbox.dir, 'vagrant', 'boxes', 'own-VAGRANTSLASH-tiny', version, 'virtualbox');
  const addBox = async (version: string): Promise<void> => {
    await write(join(boxFolder(version), 'metadata.json'), '{"provider":"virtualbox"}');
    await write(join(boxFolder(version), 'box.ovf'), '<Envelope/>');
  };
  /** Two boxes, one of which was there before, an entry of which nothing came, and a line of networks.conf. */
  const share = async (): Promise<string> => {
    for (const version of ['1.0.0', '2.0.0']) await addBox(version);
    const line = '* 192.168.56.0/21 fe80::/10 172.17.8.0/24';
    const file = await write(join(sandbox.dir, 'etc', 'vbox', 'networks.conf'), `# mine\n${line}\n`);
    const range = { kind: 'allowed-range', file, line };
    const text = [entry(1, box('2.0.0')), done(1), entry(2, box('3.0.0')), entry(3, range), done(3)].join('');
    await write(journal(), text);
    return file;
  };
  const inUse = { pid: process.pid, command: 'lab up', since: 'today', nonce: 'n' };

  it('tells of boxes of all scenarios and of networks.conf; --clean --shared undoes it, newest first', async () => {
    const file = await share();
    const shown = await leftovers();
    expect(shown.exitCode).toBe(0);
    expect(shown.stdout.replaceAll(sandbox.dir, '').replaceAll(/, \d+ (h|days) old/g, '')).toBe(
      [
        'Shared by labs and kept (`--clean --shared` removes it):',
        '  line "* 192.168.56.0/21 fe80::/10 172.17.8.0/24" (/etc/vbox/networks.conf): `lab doctor --fix` added it, and no network needs it now',
        '  box own/tiny 2.0.0 (/vagrant, 0 bytes): no machine is made from it',
        'Nothing is left.',
        noVirtualBox,
      ].join('\n'),
    );
    expect((await leftovers('--clean', '--yes')).stdout).toContain('Nothing was removed.');
    expect(existsSync(boxFolder('2.0.0'))).toBe(true);
    const cleaned = await leftovers('--clean', '--shared', '--yes');
    expect(cleaned.exitCode).toBe(0);
    expect(cleaned.stdout).toMatch(/^removed: line .*\nremoved: box own\/tiny 2\.0\.0 .*$/m);
    expect(await readFile(file, 'utf8')).toBe('# mine\n');
    // The user's own was never in the journal.
    expect([existsSync(boxFolder('2.0.0')), existsSync(boxFolder('1.0.0'))]).toEqual([false, true]);
    const marks = (await readFile(journal(), 'utf8')).match(/"id":\d,[^{}]*"mark":"undone"/g) ?? [];
    expect(marks.map((mark) => mark.slice(5, 6))).toEqual(['2', '3', '1']);
    expect((await leftovers()).stdout).toBe(`Nothing is left.\n${noVirtualBox}`);
  });

  it('keeps what a lab uses, and judges nothing of it while a lab is at work', async () => {
    const file = await share();
    await saveLab(sandbox, { ...savedState, provider: 'virtualbox', subnet: '172.17.8.0/24' });
    const data = join(sandbox.paths('coreos').dir, 'projects', 'coreos', '.vagrant');
    await write(join(data, 'machines', 'core-01', 'virtualbox', 'id'), 'an id');
    const machine = { local_data_path: data, name: 'core-01', provider: 'virtualbox' };
    const made = { ...machine, extra_data: { box: { name: 'own/tiny', version: '2.0.0' } } };
    const index = join(sandbox.dir, 'vagrant', 'data', 'machine-index', 'index');
    await write(index, JSON.stringify({ version: 1, machines: { '0': made } }));
    expect((await leftovers()).stdout).not.toContain('Shared by labs');

    await write(index, JSON.stringify({ version: 1, machines: {} }));
    await write(sandbox.paths('coreos').lock, JSON.stringify(inUse));
    const busy = await leftovers('--clean', '--shared', '--yes');
    expect(busy.stdout).toContain(
      `Of what labs share nothing was judged: lab coreos is in use by process ${process.pid} (lab up).`,
    );
    expect([existsSync(boxFolder('2.0.0')), await readFile(file, 'utf8')]).toEqual([
      true,
      expect.stringContaining('172.17.8.0/24') as string,
    ]);
    expect(await readFile(journal(), 'utf8')).not.toContain('undone');
  });

  it('is something to look at where it is damaged, and all else goes on', async () => {
    await share();
    await appendFile(journal(), 'spilt coffee\n');
    const config = await leave();
    const { exitCode, stdout } = await leftovers('--clean', '--shared', '--yes');
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`journal of what labs share (${journal()}): line 6 is no entry of a journal; `);
    expect(stdout).toContain(`mv '${journal()}' '${journal()}.damaged'`);
    expect(stdout).toMatch(/^removed: folder of lab gone /m);
    expect(await readFile(config, 'utf8')).toBe('Host mine\n');
    expect(existsSync(boxFolder('2.0.0'))).toBe(true);
  });
});

it('refuses options that only --clean has a use for', async () => {
  const { exitCode, stderr } = await leftovers('--shared');
  expect([exitCode, stderr]).toEqual([
    2,
    expect.stringContaining('lab leftovers --clean --shared') as string,
  ]);
});
