import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isGroupRunning, isRunning } from '../../src/io/process-table.ts';
import { findTool, finished, labBin, labSandbox, type LabSandbox } from '../support/lab-process.ts';
import { saveLab } from '../support/saved-lab.ts';

let sandbox: LabSandbox;
beforeEach(async () => {
  sandbox = await labSandbox();
});
afterEach(() => sandbox.remove());

/** Resolves when the process has said the words on either stream. */
async function said(child: ChildProcessWithoutNullStreams, words: string): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer | string): void => {
      text += chunk.toString();
      if (text.includes(words)) resolve(text);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('close', () => {
      reject(new Error(`it ended without having said "${words}": ${text}`));
    });
  });
}

describe('Ctrl-C', () => {
  it('ends `lab up` with 130, keeps what was made, and the same command goes on', async () => {
    const args = ['up', 'coreos', '--subnet', '10.119.3.0/24', '--no-hosts', '--verbose'];
    const child = sandbox.start(args, { env: { FAKE_DOCKER: 'pulling' } });
    const end = finished(child);
    await said(child, 'Pulling from library/debian');
    child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await end;
    expect(exitCode).toBe(130);
    expect(stderr).toContain('SIGINT: stopping; once more to stop at once.');
    expect(stdout).toContain('stop [ 2/20] Build the node image');
    expect(stdout).toMatch(
      /lab coreos: stopped after .* 19 not run\nWhat was made is kept. To go on: .*\nlog: /,
    );
    const { state, lock, children } = sandbox.paths('coreos');
    expect([existsSync(state), existsSync(lock), existsSync(children)]).toEqual([true, false, false]);
    const { tasks } = JSON.parse((await sandbox.run([...args, '--dry-run', '--json'])).stdout) as {
      tasks: { kind: string }[];
    };
    expect(tasks.map(({ kind }) => kind)).toContain('build-image');
    expect((await sandbox.run(['destroy', '--yes'])).exitCode).toBe(0);
    expect(existsSync(sandbox.paths('coreos').dir)).toBe(false);
  });

  it('ends it while an engine is asked that never answers', async () => {
    const args = ['up', 'coreos', '--dry-run', '--subnet', '10.119.3.0/24', '--no-hosts'];
    const child = sandbox.start(args, { env: { FAKE_DOCKER: 'silent' } });
    const end = finished(child);
    const asked = join(sandbox.env['HOME'] ?? '', 'docker-was-asked');
    await vi.waitUntil(() => existsSync(asked), { timeout: 10_000 });
    child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await end;
    expect([exitCode, stdout]).toEqual([130, '']);
    expect(stderr).toContain('LAB_INTERRUPTED');
  });

  it('is heard by a question too, and changes nothing; Ctrl-D is a no', async () => {
    await saveLab(sandbox);
    const command = `'${process.execPath}' '${labBin}' destroy coreos`;
    for (const [key, exitCode, words] of [
      ['\u0003', 130, 'The run was stopped by SIGINT.'],
      ['\u0004', 0, 'Nothing was removed.'],
    ] as const) {
      // script(1) gives it a terminal.
      const child = sandbox.startProgram(findTool('script'), [
        '-qec',
        command,
        join(sandbox.dir, 'typescript'),
      ]);
      const end = finished(child);
      await said(child, '[y/N]');
      child.stdin.write(key);
      const { exitCode: actual, stdout } = await end;
      expect(stdout).toContain(words);
      expect(actual).toBe(exitCode);
      expect(existsSync(sandbox.paths('coreos').state)).toBe(true);
    }
  });

  it('a second time ends it at once, and with it what it has started; a terminal that closes is no second time', async () => {
    const bin = join(sandbox.dir, 'stubborn');
    const started = join(sandbox.dir, 'started');
    await mkdir(bin);
    const script = `#!/bin/sh\ntrap '' TERM\nsleep 60 &\necho $$ >'${started}.new'; mv '${started}.new' '${started}'\nwait\n`;
    await writeFile(join(bin, 'mmdebstrap'), script, { mode: 0o755 });
    const args = ['prefetch', 'coreos', '--edition', 'swarm', '--provider', 'docker'];
    const child = sandbox.start(args, { env: { PATH: `${bin}:/usr/bin:/bin` } });
    const end = finished(child);
    await vi.waitUntil(() => existsSync(started), { timeout: 10_000 });
    const group = Number(await readFile(started, 'utf8'));
    const stopping = said(child, 'SIGTERM: stopping; once more to stop at once.');
    child.kill('SIGTERM');
    await stopping;
    // Of the same closed window, say: it still stops in order.
    child.kill('SIGHUP');
    const asked = performance.now();
    child.kill('SIGINT');
    const { exitCode, stderr } = await end;
    expect(exitCode).toBe(130);
    // Stopping in order would take ten: the program does not heed SIGTERM.
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect(stderr).toContain(
      'SIGINT: stopped at once. What is there is kept. ' +
        'To begin again: `lab prefetch coreos --edition swarm --provider docker`.',
    );
    // What has ended counts as gone, also while nobody has collected it.
    await vi.waitUntil(() => !isGroupRunning(group), { timeout: 10_000 });
  });

  it('is what a terminal says that is closed at a question', async () => {
    await saveLab(sandbox);
    const pidFile = join(sandbox.dir, 'pid');
    const command = `echo $$ >'${pidFile}'; exec '${process.execPath}' '${labBin}' destroy coreos`;
    const terminal = sandbox.startProgram(findTool('script'), ['-qfec', command, '/dev/null']);
    await said(terminal, '[y/N]');
    const pid = Number(await readFile(pidFile, 'utf8'));
    terminal.kill('SIGKILL');
    await vi.waitUntil(() => !isRunning(pid), { timeout: 5_000 });
    expect(existsSync(sandbox.paths('coreos').state)).toBe(true);
  });
});

describe('a reader that goes away', () => {
  it('stops a run in order, which is no success', async () => {
    const args = ['up', 'coreos', '--subnet', '10.119.3.0/24', '--no-hosts', '--verbose', '--yes'];
    const child = sandbox.start(args, { env: { FAKE_DOCKER: 'pulling' } });
    const ended = once(child, 'exit');
    child.stdout.destroy();
    expect(await ended).toEqual([130, null]);
    const { lock, children } = sandbox.paths('coreos');
    expect([existsSync(lock), existsSync(children)]).toEqual([false, false]);
  });
});

describe('lab discovery serve', () => {
  it('hands out tokens until it is stopped', async () => {
    const child = sandbox.start(['discovery', 'serve', '--port', '0']);
    const end = finished(child);
    const [, url = ''] = /curl -s '([^']+)'/.exec(await said(child, 'size=3')) ?? [];
    expect(new URL(url).hostname).toBe('127.0.0.1');
    const token = await (await fetch(url)).text();
    expect(token).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}$/);
    const { node } = (await (await fetch(`${token}/_config/size`)).json()) as { node: { value: string } };
    expect(node.value).toBe('3');
    child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await end;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Discovery service on http:\/\/127\.0\.0\.1:\d+; new token: curl -s '[^']+'\n$/);
    expect(stderr).toContain('SIGINT');
  });

  it('names the port that somebody has', async () => {
    const first = sandbox.start(['discovery', 'serve', '--port', '0']);
    const end = finished(first);
    const [, port = ''] = /:(\d+);/.exec(await said(first, 'size=3')) ?? [];
    const { exitCode, stderr } = await sandbox.run(['discovery', 'serve', '--port', port]);
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('LAB_PORT_TAKEN') as string]);
    expect(stderr).toContain(port);
    first.kill('SIGINT');
    await end;
  });
});

it('a reader that goes away is no fault', async () => {
  const child = sandbox.start(['list', 'coreos']);
  child.stdout.destroy();
  const [exitCode] = (await once(child, 'exit')) as [number];
  expect(exitCode).toBe(0);
});
