import { execFile, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { send } from '../support/http-exchange.ts';

const script = resolve('test/e2e/discovery-service.ts');
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-discovery-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function serve(port: number): Promise<{ child: ChildProcess; port: number }> {
  const args = ['--import', 'tsx', script, join(folder, 'registry.json'), String(port)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((done) =>
    child.stdout.once('data', (data: Buffer) => {
      done(data.toString());
    }),
  );
  return { child, port: Number(line) };
}

it('keeps every registration that it answered, through a kill -9 in the middle of many', async () => {
  const { child, port } = await serve(0);
  const exited = new Promise((done) => child.once('exit', done));
  const url = (await send('GET', `http://127.0.0.1:${port}/new?size=100`)).body;
  const answered: string[] = [];
  const register = async (id: string): Promise<void> => {
    const answer = await send('PUT', `${url}/${id}?prevExist=false`, { form: `value=${id}` });
    if (answer.status === 201) answered.push(id);
    if (answered.length === 40) child.kill('SIGKILL');
  };
  // A few at a time, so that the kill comes while writes are in flight.
  const ids = Array.from({ length: 100 }, (_, n) => `a${n}`);
  const worker = async (): Promise<void> => {
    for (let id = ids.shift(); id !== undefined; id = ids.shift()) await register(id);
  };
  const results = await Promise.allSettled(Array.from({ length: 5 }, worker));
  expect(results.map(({ status }) => status)).toContain('rejected');
  await exited;

  const again = await serve(port);
  const directory = JSON.parse((await send('GET', url)).body) as { node: { nodes: { value: string }[] } };
  const kept = directory.node.nodes.map(({ value }) => value);
  expect(answered.length).toBeGreaterThanOrEqual(40);
  expect(kept).toEqual(expect.arrayContaining(answered));
  const next = await send('PUT', `${url}/next?prevExist=false`, { form: 'value=next' });
  expect((JSON.parse(next.body) as { node: { createdIndex: number } }).node.createdIndex).toBe(
    kept.length + 3,
  );
  again.child.kill('SIGKILL');
});

// A network of its own with two addresses, in a user namespace: no privileges and nothing outside it.
const isolated = (command: string): [string, string[]] => [
  'unshare',
  ['--user', '--map-root-user', '--net', 'sh', '-euc', `ip link set lo up; ${command}`],
];
const canIsolate = spawnSync(...isolated('ip -V; curl --version')).status === 0;
const title = 'answers the addresses of its sources, and 403 to all others';

it.skipIf(!canIsolate)(
  canIsolate ? title : `${title} (skipped: no user namespaces or no curl here)`,
  async () => {
    const command = `
    ip address add 10.99.0.1/24 dev lo
    ip address add 10.98.0.1/24 dev lo
    mkfifo "${folder}/port"
    "${process.execPath}" --import tsx "${script}" "${folder}/registry.json" 7001 :: 10.99.0.0/24 > "${folder}/port" &
    trap "kill $!" EXIT
    read -r port < "${folder}/port"
    ask() { curl --silent --max-time 5 --noproxy '*' --write-out '%{http_code} ' --output /dev/null "$@"; }
    ask --interface 10.99.0.1 http://10.99.0.1:7001/new
    ask --interface 10.98.0.1 http://10.99.0.1:7001/new
    ask http://127.0.0.1:7001/new
    ask 'http://[::1]:7001/new'`;
    const [file, args] = isolated(command);
    const { stdout } = await promisify(execFile)(file, args, { timeout: 30_000 });
    expect(stdout).toBe('200 403 200 200 ');
  },
);
