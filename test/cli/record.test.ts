import { readFileSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labSandbox, type LabRun, type LabSandbox } from '../support/lab-process.ts';
import { saveLab, savedState } from '../support/saved-lab.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

let sandbox: LabSandbox;
/** A scenario of one's own, beside which recordings can be written. */
let scenario: string;
let recording: string;
beforeEach(async () => {
  sandbox = await labSandbox();
  scenario = join(sandbox.dir, 'own', 'coreos.yaml');
  recording = join(sandbox.dir, 'own', 'recordings', 'coreos.swarm.yaml');
  await mkdir(join(sandbox.dir, 'own'));
  await cp(join(root, 'scenarios', 'coreos.yaml'), scenario);
  await cp(join(root, 'scenarios', 'files'), join(sandbox.dir, 'own', 'files'), { recursive: true });
  const outputs = readFileSync(join(root, 'test/fixtures/outputs/coreos-book-network.json'), 'utf8');
  const { setting, steps } = JSON.parse(outputs) as {
    setting: { parameters: Record<string, string | number> };
    steps: object;
  };
  const passed = Object.keys(steps).map(
    (id) => [id, { status: 'passed', at: '2026-01-01T00:00:00.000Z' }] as const,
  );
  await saveLab(sandbox, {
    ...savedState,
    scenario,
    parameters: setting.parameters,
    steps: Object.fromEntries(passed),
  });
  await writeFile(join(sandbox.paths('coreos').dir, 'outputs.json'), outputs);
});
afterEach(() => sandbox.remove());

const lab = (...words: string[]): Promise<LabRun> => sandbox.run(['record', ...words]);

/** The outputs of the lab, changed as text. */
async function change(from: string, to: string): Promise<void> {
  const path = join(sandbox.paths('coreos').dir, 'outputs.json');
  await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
}

describe('lab record', () => {
  it('shows the book against today, and fails where there is no recording', async () => {
    const { exitCode, stdout, stderr } = await lab();
    expect([exitCode, stderr]).toEqual([1, '']);
    expect(stdout).toContain('    -daacff1d... 172.17.8.101 -\n');
    expect(stdout).toContain('    +core-01    Ready     Leader\n');
    expect(stdout).toContain(`There is no recording ${recording}: \`lab record --accept\` writes it.`);
  });

  it('accepts what was printed, and then finds no drift until something else is printed', async () => {
    expect((await lab('--accept')).exitCode).toBe(0);
    const text = await readFile(recording, 'utf8');
    expect(await lab()).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Nothing has drifted from ') as string,
    });
    await change('code_it scaled to 3', 'code_it: converged');
    const drifted = await lab('--step', 'start');
    expect(drifted).toMatchObject({ exitCode: 1, stderr: '' });
    expect(drifted.stdout).toContain('    -code_it scaled to 3\n    +code_it: converged\n');
    expect(drifted.stdout).not.toContain('submit');
    expect((await lab('--step', 'open')).exitCode).toBe(0);
    expect((await lab('--accept', '--step', 'start')).exitCode).toBe(0);
    expect(await readFile(recording, 'utf8')).toBe(text.replace('code_it scaled to 3', 'code_it: converged'));
  });

  it('reports the same as JSON', async () => {
    await lab('--accept');
    await change('code_it scaled to 3', 'code_it: converged');
    const { exitCode, stdout } = await lab('--json', '--step', 'start', '--step', 'stop');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ lab: 'coreos', edition: 'swarm', recording, recorded: true, drifted: true },
      steps: [
        { id: 'start', status: 'drifted', book: expect.stringContaining('+code_it: converged') as string },
        { id: 'stop', status: 'same' },
      ],
    });
  });

  it('refuses to compare with a recording of other parameters, which can be replaced', async () => {
    await lab('--accept');
    await writeFile(recording, (await readFile(recording, 'utf8')).replace('nodes: 3', 'nodes: 5'));
    const { exitCode, stderr } = await lab();
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringMatching(/nodes is 3 here and 5 in the recording.*LAB_RECORDING_OTHER/s),
    ]);
    expect((await lab('--accept', '--step', 'start')).exitCode).toBe(2);
    expect((await lab('--accept')).exitCode).toBe(0);
    expect((await lab()).exitCode).toBe(0);
  });

  it('says that nothing was played, and refuses steps that are not there', async () => {
    expect(await lab('--step', 'begin')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('LAB_STEP_UNKNOWN') as string,
    });
    await rm(join(sandbox.paths('coreos').dir, 'outputs.json'));
    expect(await lab()).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('LAB_NOT_UP') as string,
    });
    await writeFile(join(sandbox.paths('coreos').dir, 'outputs.json'), '{');
    expect(await lab()).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('LAB_STATE_INVALID') as string,
    });
  });

  it('uses no colours where its output is no terminal', async () => {
    expect((await lab()).stdout).not.toContain('\u001b');
  });
});
