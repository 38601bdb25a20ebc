import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesIn } from './support/host-trace.ts';
import type { LabRun } from './support/lab-run.ts';
import { LabUser } from './support/lab-user.ts';
import { docker } from './support/machine-commands.ts';
import { listeners, ProcessListWatch } from './support/what-others-see.ts';

/** With characters that every quoting has to do something with. */
const password = `s3cr3t "o'clock" $HOME \\ %n`;
const urlPassword = 'pa55-in-a-url';
const network = 'lab-e2e-others';
const strangerAddress = '172.31.77.1';

/** A key longer than what logs show of an output, and not really one. */
const printKey = `
  [ -f /tmp/key ] || { echo '-----BEGIN RSA PRIVATE KEY-----'; head -c 3000 /dev/urandom | base64 -w 64; echo '-----END RSA PRIVATE KEY-----'; } >/tmp/key
  cat /tmp/key`;

const scenario = `
name: secrets
title: What nobody else is to read
chapter: '5'
description: Prints secrets in every place where something can be printed.
subnet: 172.17.8.0/24
parameters:
  password: { type: string, secret: true, env: TEST_SECRET, default: '', description: Of an administrator }
editions: { swarm: { description: without a store } }
machines:
  - { role: node, project: coreos, name: 'core-{{pad number 2}}', count: 1, firstAddress: 101, memoryMb: 512, cpus: 1, userData: coreos/user-data.hbs }
discovery: { role: node }
steps:
  - id: shows
    title: Prints all of them
    run:
      - { on: all, file: settings.hbs, to: /home/core/settings }
      - on: all
        command: |
          printf '%s\\n' {{shell password}}; cat /home/core/settings; echo DB_PASSWORD={{shell password}}
          echo mysql://me:${urlPassword}@db:3306/x ${printKey.replaceAll('\n', '\n          ')}
      # Long enough that the process list is looked at meanwhile.
      - { on: host, command: 'printf "%s\\n" {{shell password}}; sleep 0.5' }
    checks:
      - { title: the file has it, on: all, command: cat /home/core/settings, expect: { contains: '{{password}}' }, show: true, hint: '{{password}}' }
      - { title: so has this computer, on: host, command: 'printf %s {{shell password}}', expect: { contains: '{{password}}' }, hint: none }
  - id: fails
    title: Fails with all of them
    checks:
      - title: it is otherwise
        on: all
        command: "cat /tmp/key; printf '%s\\n' {{shell password}} mysql://me:${urlPassword}@db/ >&2; exit 3"
        expect: { contains: 'not {{password}}' }
        hint: 'See {{password}}.'
`;

describe('a lab with secrets', () => {
  let user: LabUser;
  let file: string;
  let up: LabRun | undefined;
  const secret = { TEST_SECRET: password };
  beforeAll(async () => {
    await docker('network', 'create', '--subnet', '172.31.77.0/24', '--gateway', strangerAddress, network);
    user = await LabUser.create();
    file = join(user.dir, 'secrets', 'secrets.yaml');
    await mkdir(join(user.dir, 'secrets', 'files'), { recursive: true });
    await writeFile(file, scenario);
    await writeFile(join(user.dir, 'secrets', 'files', 'settings.hbs'), 'admin = {{password}}\n');
  });
  afterAll(async () => {
    // A test that failed meanwhile must not leave what the run goes on to make.
    await up?.ended;
    await user.remove();
    await docker('network', 'rm', network).catch(() => undefined);
  });

  /** Everything that a command says, and reports of every kind. */
  async function said(args: readonly string[]): Promise<string> {
    const { stdout, stderr } = await user.lab(args);
    return `${stdout}\n${stderr}`;
  }

  it('lets nobody else read one, reach anything, or change a file', async () => {
    const before = listeners();
    const watch = ProcessListWatch.start();
    // The loosest umask: what is private must be so by itself.
    const umask = process.umask(0);
    up = user.start(
      ['up', file, '--trust', '--json', '--hosts-file', user.hostsFile].concat(
        ...['tap', 'junit'].map((kind) => ['--reporter', `${kind}=${join(user.dir, `report.${kind}`)}`]),
      ),
      secret,
    );
    process.umask(umask);
    const opened = new Set<string>();
    const look = setInterval(() => {
      for (const listener of listeners()) if (!before.has(listener)) opened.add(listener);
    }, 100);
    const served = await up.when(
      (event) => event.type === 'task-finished' && event.task === 'serve-discovery',
    );
    const url = /http:[\d.:/]+/.exec(JSON.stringify(served))?.[0] ?? '';
    expect(url).toMatch(/^http:\/\/172\.\d+\.\d+\.1:\d+$/);
    expect(await statusOf(`${url}/new`, strangerAddress)).toBe(403);
    expect(await statusOf(`${url.replace(/\/\/[^:]*/, '//127.0.0.1')}/health`)).toBe(200);
    const { exitCode, stdout, stderr } = await up.ended;
    clearInterval(look);
    expect([exitCode, stderr]).toEqual([1, '']);
    expect(up.report.tasks.filter(({ status }) => status === 'failed').map(({ id }) => id)).toEqual([
      'step-fails',
    ]);

    // Doors: the discovery service, and ports of machines that Docker publishes.
    const gateway = new URL(url).hostname;
    expect(opened).toContain(`${gateway}:${new URL(url).port}`);
    expect(
      [...opened].filter(
        (listener) => !/^(?:127\.0\.0\.1|::1):/.test(listener) && !listener.startsWith(`${gateway}:`),
      ),
    ).toEqual([]);

    // Files: private whatever the umask, and the hosts file as it was.
    expect(statSync(user.hostsFile).mode & 0o777).toBe(0o644);
    expect(openTo(user.labHome)).toEqual([]);

    // Words: with a real key that a machine has printed.
    const key = await user.mustLab(['ssh', 'core-01', 'cat', '/tmp/key']);
    const lines = key.stdout.split('\n').filter((line) => /^[\w+/=]{20,}$/.test(line));
    expect(lines.length).toBeGreaterThan(50);
    const own = readFileSync(join(user.labHome, 'labs/secrets/ssh/id_ed25519'), 'utf8')
      .split('\n')
      .slice(1, -2);
    const secrets = [
      password,
      urlPassword,
      `o'\\''clock`,
      JSON.stringify(password).slice(1, -1),
      'o&#39;clock',
      ...lines,
      ...own,
    ];
    const page = (format: string): string[] => [
      'handout',
      file,
      '--format',
      format,
      '--set',
      `password=${password}`,
    ];
    await user.lab(['record', 'secrets', '--step', 'shows', '--accept']);
    const texts: Record<string, string> = {
      events: stdout,
      why: await said(['why', '--lab', 'secrets']),
      whyJson: await said(['why', '--lab', 'secrets', '--json']),
      hint: await said(['hint', '--lab', 'secrets']),
      next: await said(['next', '--lab', 'secrets']),
      status: await said(['status', '--json']),
      again: await said(['up', file, '--trust', '--dry-run', '--set', 'password=another-secret']),
      md: await said(page('md')),
      html: await said(page('html')),
    };
    const state = join(user.labHome, 'labs/secrets/state.json');
    const secretFiles = [state, join(user.labHome, 'labs/secrets/ssh/id_ed25519')];
    for (const path of [...filesIn(user.labHome), ...filesIn(user.dir)]) {
      if (statSync(path).isFile() && !secretFiles.includes(path) && path !== file)
        texts[path] = readFileSync(path, 'utf8');
    }
    const logs = Object.keys(texts).filter((path) => path.includes('/logs/'));
    expect(logs.length).toBeGreaterThan(2);
    expect(Object.keys(texts)).toEqual(
      expect.arrayContaining([join(user.dir, 'report.tap'), join(user.dir, 'report.junit')]),
    );
    for (const [where, text] of Object.entries(texts))
      expect(
        secrets.filter((each) => text.includes(each)),
        where,
      ).toEqual([]);
    // They were there to be found.
    expect(texts['events']).toContain('<secret>');
    expect(texts['events']).toContain('<private key>');
    expect(texts['html']).toContain('&#60;secret&#62;');
    expect(readFileSync(state, 'utf8')).toContain(JSON.stringify(password));

    const seen = watch.stop();
    expect(seen.some((line) => line.includes('vagrant'))).toBe(true);
    expect(
      seen.filter((line) => secrets.some((each) => line.includes(each)) && !line.includes('handout')),
    ).toEqual([]);
  });

  it('works with a umask that takes rights from the user', async () => {
    const umask = process.umask(0o277);
    const check = user.start(['check', 'secrets', '--only', 'shows', '--json']);
    process.umask(umask);
    expect((await check.ended).exitCode).toBe(0);
    expect(openTo(user.labHome)).toEqual([]);
    await user.mustLab(['destroy', 'secrets', '--yes']);
    expect(await user.trace()).toEqual(user.before);
  });
});

/** The status that a request gets; from another address of this computer than the one that the system would choose. */
function statusOf(url: string, localAddress?: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      { agent: false, ...(localAddress === undefined ? {} : { localAddress }) },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

/** What in LAB_HOME is open to anybody but its owner, or not to them. Vagrant's own files are closed by the folders above. */
function openTo(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !join(entry.parentPath, entry.name).includes('/.vagrant'))
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      const mode = statSync(path).mode & 0o777;
      const wanted =
        entry.isDirectory() || /\/(?:apply|agent\.sock)$/.test(path) ? [0o700, 0o600] : [0o600, 0o644];
      const isWell = entry.isFile() && !path.endsWith('.pub') ? mode === 0o600 : wanted.includes(mode);
      return isWell ? [] : [`${mode.toString(8)} ${path}`];
    });
}
