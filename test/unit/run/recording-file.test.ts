import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Step } from '../../../src/model/scenario.ts';
import { acceptOutputs } from '../../../src/run/accept-outputs.ts';
import { loadOutputs, saveOutputs } from '../../../src/run/outputs-file.ts';
import { playSetting, settingDifference, type StepOutputs } from '../../../src/run/recorded-output.ts';
import { loadRecording, recordingPath, saveRecording } from '../../../src/run/recording-file.ts';
import { formedState } from '../plan/plan-fixture.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-recording-'));
});
afterEach(() => rm(dir, { recursive: true }));

const setting = playSetting(formedState(2));
const step = (id: string): Step => ({
  ...{ id, title: id, artifacts: [], needs: [], run: [], lasting: false },
  checks: [{ title: 'x', hint: 'x', on: 'all', command: 'x', expect: { exit: 0 } }],
});
const outputs = (texts: Record<string, string>): StepOutputs => ({
  setting,
  steps: Object.fromEntries(
    Object.entries(texts).map(([id, output]) => [
      id,
      [{ check: 'x', machine: 'core-01', command: 'x', output }],
    ]),
  ),
});

describe('the outputs of a lab', () => {
  it('are kept for their owner only, the last of each step, of the lab as it is now', async () => {
    const lab = join(dir, 'labs', 'coreos');
    expect(await loadOutputs(lab)).toBeUndefined();
    await saveOutputs(lab, setting, 'one', [{ run: 1, output: 'first' }]);
    await saveOutputs(lab, setting, 'two', [{ check: 'x', machine: 'core-01', exit: 1, output: '' }]);
    await saveOutputs(lab, setting, 'one', [{ run: 1, output: 'second' }]);
    expect((await loadOutputs(lab))?.steps).toEqual({
      one: [{ run: 1, output: 'second' }],
      two: [{ check: 'x', machine: 'core-01', exit: 1, output: '' }],
    });
    expect((await stat(join(lab, 'outputs.json'))).mode & 0o777).toBe(0o600);
    const more = { ...setting, parameters: { ...setting.parameters, nodes: 5 } };
    await saveOutputs(lab, more, 'two', []);
    expect(await loadOutputs(lab)).toEqual({ setting: more, steps: { two: [] } });
  });

  it('that cannot be read are said to be so, and are replaced by the next play', async () => {
    await writeFile(join(dir, 'outputs.json'), '{"version":1');
    await expect(loadOutputs(dir)).rejects.toMatchObject({ code: 'LAB_STATE_INVALID' });
    await saveOutputs(dir, setting, 'one', []);
    expect((await loadOutputs(dir))?.steps).toEqual({ one: [] });
  });
});

describe('a recording', () => {
  it('is beside its scenario, for each edition its own, and reads as it was written', async () => {
    expect(recordingPath('/s/coreos.yaml', 'coreos', 'swarm')).toBe('/s/recordings/coreos.swarm.yaml');
    expect(recordingPath('my.yaml', 'my', undefined)).toBe('recordings/my.yaml');
    const path = recordingPath(join(dir, 'x.yaml'), 'x', undefined);
    expect(await loadRecording(path)).toBeUndefined();
    const recording: StepOutputs = {
      setting,
      steps: {
        one: [{ run: 1, output: '- "it\'s"\n\n  # no comment: {{x}}\n*no alias\n' }],
        two: [{ check: 'yes: no', machine: 'core-01', status: 200, output: '\ttab\nlong '.repeat(100) }],
        three: [],
      },
    };
    await saveRecording(path, 'x', recording);
    expect(await loadRecording(path)).toEqual(recording);
  });

  it('with mistakes is refused with their places', async () => {
    const path = join(dir, 'x.yaml');
    await saveRecording(path, 'x', { setting, steps: { one: [{ run: 1, output: 'x' }] } });
    await writeFile(path, (await readFile(path, 'utf8')).replace('provider: docker', 'provider: 7\nkey: x'));
    await expect(loadRecording(path)).rejects.toMatchObject({
      code: 'LAB_SCENARIO_INVALID',
      problems: expect.arrayContaining([
        expect.objectContaining({ position: { file: path, line: 3, column: 11 } }),
      ]) as unknown,
    });
    await writeFile(path, 'a: [');
    await expect(loadRecording(path)).rejects.toMatchObject({ code: 'LAB_SCENARIO_INVALID' });
  });

  it('that cannot be written is said to be so', async () => {
    await writeFile(join(dir, 'file'), '');
    const path = join(dir, 'file', 'recordings', 'x.yaml');
    await expect(saveRecording(path, 'x', { setting, steps: {} })).rejects.toMatchObject({
      code: 'LAB_REPORT_UNWRITABLE',
    });
  });
});

describe('acceptOutputs', () => {
  const steps = ['one', 'two', 'three'].map(step);
  const all = ['one', 'two', 'three'];

  it('moves addresses to the network that the scenario prefers, and leaves commands out', () => {
    const played = outputs({ one: 'core-01 172.17.8.101, gateway 172.17.8.1, 10.1.1.1, 172.17.8.1019  \n' });
    const home = { 'core-01': '10.9.8.101', 'core-02': '10.9.8.102' };
    expect(acceptOutputs(steps, all, played, undefined, home)).toEqual({
      setting: { ...setting, machines: home },
      steps: {
        one: [
          {
            check: 'x',
            machine: 'core-01',
            output: 'core-01 10.9.8.101, gateway 10.9.8.1, 10.1.1.1, 172.17.8.1019\n',
          },
        ],
      },
    });
  });

  it('changes no step that has not drifted, none that was not asked for, and drops those that are gone', () => {
    const before = outputs({ gone: 'x', one: 'took 3ms', two: 'old', three: 'old' });
    const played = outputs({ one: 'took 4ms', two: 'new', three: 'new' });
    const texts = (accepted: StepOutputs): unknown =>
      Object.entries(accepted.steps).map(([id, list]) => [id, list[0]?.output]);
    const { machines } = setting;
    expect(texts(acceptOutputs(steps, ['one', 'two'], played, before, machines))).toEqual([
      ...[
        ['one', 'took 3ms'],
        ['two', 'new'],
        ['three', 'old'],
      ],
    ]);
    const other = { ...before, setting: { ...setting, provider: 'virtualbox' } };
    expect(texts(acceptOutputs(steps, ['two'], played, other, machines))).toEqual([['two', 'new']]);
  });
});

describe('settingDifference', () => {
  it.each([
    [{ provider: 'virtualbox' }, 'the provider is virtualbox here and docker in the recording'],
    [{ edition: 'fleet' }, /^the edition is fleet here/],
    [{ parameters: { ...setting.parameters, nodes: 5 } }, /^nodes is 5 here and \d in the recording$/],
    [{ machines: { ...setting.machines, dokku: '10.0.0.2' } }, /^the list of machines is/],
    [{ machines: { 'core-01': '10.1.1.1', 'core-02': '10.1.1.2' } }, undefined],
  ])('%j', (change, difference) => {
    const said = settingDifference({ ...setting, ...change }, setting);
    if (difference === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(difference);
  });
});
