import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createExecaExec } from '../../../src/io/execa-exec.ts';
import { isRunning } from '../../../src/io/process-table.ts';

const exec = createExecaExec({ killAfterMs: 150 });
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-exec-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

async function eventually<T>(read: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 3_000;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error('did not happen within 3 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const pidIn = (name: string) => (): Promise<number | undefined> =>
  readFile(join(dir, name), 'utf8').then(
    (text) => (text.endsWith('\n') ? Number(text) : undefined),
    () => undefined,
  );
const gone = (pid: number): Promise<true> =>
  eventually(() => Promise.resolve(isRunning(pid) ? undefined : true));

/** A shell that starts a child which ignores SIGTERM, and writes the child's id to the file `child`. */
const stubborn = `(trap '' TERM; echo $(exec sh -c 'echo $PPID') > child; while :; do sleep 0.05; done) & wait; wait`;

describe('results', () => {
  it('gives output byte for byte, exit code and a command that can be pasted into a shell', async () => {
    const result = await exec('sh', ['-c', 'printf "a\\r\\nb\\n\\n"; printf "äe" >&2; exit 3']);
    expect(result).toEqual({
      command: `sh -c 'printf "a\\r\\nb\\n\\n"; printf "äe" >&2; exit 3'`,
      exitCode: 3,
      stdout: 'a\r\nb\n\n',
      stderr: 'äe',
      timedOut: false,
      notFound: false,
    });
  });

  it('tells a missing command from one that may not be run and from a missing folder', async () => {
    await expect(exec('lab-no-such-command', ['x'])).resolves.toMatchObject({
      notFound: true,
      exitCode: undefined,
    });
    await writeFile(join(dir, 'plain'), 'x', { mode: 0o600 });
    const denied = await exec(join(dir, 'plain'), []);
    expect(denied).toMatchObject({ notFound: false, exitCode: undefined });
    expect(denied.stderr).toContain('EACCES');
    await expect(exec('true', [], { cwd: join(dir, 'nowhere') })).rejects.toThrow('no folder');
  });

  it('has no exit code for a command that a signal ended', async () => {
    await expect(exec('sh', ['-c', 'kill -9 $$'])).resolves.toMatchObject({
      exitCode: undefined,
      notFound: false,
    });
  });

  it('adds to the environment, removes from it, and gives standard input or an empty one', async () => {
    process.env['LAB_TEST_A'] = 'a';
    const script = 'echo "${LAB_TEST_A-unset} $LAB_TEST_B ${PATH:+path}"; cat';
    const options = { env: { LAB_TEST_A: undefined, LAB_TEST_B: 'b' }, cwd: dir };
    expect((await exec('sh', ['-c', script], { ...options, input: 'in' })).stdout).toBe('unset b path\nin');
    expect((await exec('sh', ['-c', script], options)).stdout).toBe('unset b path\n');
  });

  it('does not fail when the command ends without reading its input', async () => {
    await expect(exec('true', [], { input: 'x'.repeat(1_000_000) })).resolves.toMatchObject({ exitCode: 0 });
  });

  it('hands over whole lines as they come, also the last one without a newline', async () => {
    const lines: string[] = [];
    const result = await exec(
      'sh',
      ['-c', 'printf "on"; sleep 0.05; printf "e ä\\r\\n\\ntwo"; echo err >&2'],
      {
        onLine: (line, stream) => lines.push(`${stream}:${line}`),
      },
    );
    expect(lines.filter((line) => line.startsWith('stdout'))).toEqual([
      'stdout:one ä',
      'stdout:',
      'stdout:two',
    ]);
    expect(lines).toContain('stderr:err');
    expect(result.stdout).toBe('one ä\r\n\ntwo');
  });

  it('rejects with what onLine threw', async () => {
    const onLine = (): never => {
      throw new Error('broken reader');
    };
    await expect(exec('echo', ['x'], { onLine })).rejects.toThrow('broken reader');
  });
});

describe('ending', () => {
  it('ends the whole group on a timeout, with SIGKILL where SIGTERM is ignored', async () => {
    const result = await exec('sh', ['-c', `echo begun; ${stubborn}`], { cwd: dir, timeoutMs: 300 });
    expect(result).toMatchObject({ timedOut: true, exitCode: undefined, stdout: 'begun\n' });
    await gone(await eventually(pidIn('child')));
  });

  it('rejects with the reason of the signal once the group is gone', async () => {
    const controller = new AbortController();
    const run = exec('sh', ['-c', stubborn], { cwd: dir, signal: controller.signal });
    const outcome = expect(run).rejects.toThrow('stop now');
    const child = await eventually(pidIn('child'));
    controller.abort(new Error('stop now'));
    await outcome;
    expect(isRunning(child)).toBe(false);
  });

  it('starts nothing when the signal was aborted before', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(exec('touch', ['made'], { cwd: dir, signal })).rejects.toThrow('too late');
    await expect(readFile(join(dir, 'made'))).rejects.toThrow('ENOENT');
  });

  it('does not wait for a process that left the group and kept the pipe', async () => {
    const script = `setsid sh -c 'echo $$ > child; exec sleep 30' & sleep 30`;
    const result = await exec('sh', ['-c', script], { cwd: dir, timeoutMs: 200 });
    expect(result.timedOut).toBe(true);
    process.kill(await eventually(pidIn('child')), 'SIGKILL');
  });

  it('takes commands down with lab when it exits', async () => {
    const source = new URL('../../../src/io/execa-exec.ts', import.meta.url).href;
    const script = `import { createExecaExec } from '${source}';
      void createExecaExec()('sh', ['-c', ${JSON.stringify(stubborn)}], { cwd: ${JSON.stringify(dir)} });
      process.stdin.on('data', () => process.exit(0));`;
    const lab = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    const child = await eventually(pidIn('child'));
    lab.stdin.write('exit\n');
    await once(lab, 'exit');
    await gone(child);
  });
});
