import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listAgentKeys } from '../../../src/host/agent-protocol.ts';
import {
  addAgentKey,
  agentSocketPath,
  agentStatus,
  findRunningAgent,
  removeAgentKey,
  startAgent,
  stopAgent,
} from '../../../src/host/ssh-agent.ts';
import { ensureSshKey } from '../../../src/host/ssh-key.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { createExecaExec } from '../../../src/io/execa-exec.ts';
import { isRunning } from '../../../src/io/process-table.ts';

const exec = createExecaExec();
let dir: string;
let socket: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-agent-'));
  socket = agentSocketPath(dir);
});
afterEach(async () => {
  await stopAgent(exec, systemClock, socket);
  await rm(dir, { recursive: true });
});

describe('the key of a lab', () => {
  it('is made once, ed25519, named after the lab and private', async () => {
    const key = await ensureSshKey({ exec, labDir: dir, lab: 'coreos' });
    expect(key.publicKey).toMatch(/^ssh-ed25519 [A-Za-z0-9+/=]+ lab coreos$/);
    expect(statSync(key.privateKeyPath).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(key.privateKeyPath)).mode & 0o777).toBe(0o700);
    expect(await ensureSshKey({ exec, labDir: dir, lab: 'coreos' })).toEqual(key);
  });

  it('is made anew from what a killed run left', async () => {
    mkdirSync(join(dir, 'ssh'));
    for (const name of ['id_ed25519.new', 'id_ed25519.new.pub', 'id_ed25519.pub']) {
      writeFileSync(join(dir, 'ssh', name), 'half');
    }
    const key = await ensureSshKey({ exec, labDir: dir, lab: 'coreos' });
    const derived = await exec('ssh-keygen', ['-y', '-f', key.privateKeyPath]);
    expect(derived.stdout.trim()).toBe(key.publicKey);
    expect(readFileSync(key.publicKeyPath, 'utf8').trim()).toBe(key.publicKey);
  });

  it('says what to install where there is no ssh-keygen', async () => {
    const missing = { command: 'ssh-keygen', exitCode: undefined, stdout: '', stderr: '', timedOut: false };
    const none = (): ReturnType<typeof exec> => Promise.resolve({ ...missing, notFound: true });
    await expect(ensureSshKey({ exec: none, labDir: dir, lab: 'coreos' })).rejects.toMatchObject({
      code: 'LAB_TOOL_MISSING',
    });
  });
});

describe("a lab's own agent", () => {
  it('takes and gives back the key, is found again by a later run, and stops', async () => {
    const key = await ensureSshKey({ exec, labDir: dir, lab: 'coreos' });
    expect(await agentStatus(socket, key.publicKey)).toBe('unreachable');
    const agent = await startAgent(exec, socket);
    expect(agent).toEqual({ socket, own: true, pid: agent.pid });
    expect(isRunning(agent.pid ?? 0)).toBe(true);
    expect(await startAgent(exec, socket)).toEqual(agent);

    expect(await agentStatus(socket, key.publicKey)).toBe('missing');
    expect(await addAgentKey(exec, socket, key)).toBe('changed');
    expect(await addAgentKey(exec, socket, key)).toBe('unchanged');
    expect(await agentStatus(socket, key.publicKey)).toBe('loaded');
    expect(await findRunningAgent({ SSH_AUTH_SOCK: socket })).toEqual({ socket, own: false });
    expect(await removeAgentKey(exec, socket, key)).toBe('changed');
    expect(await removeAgentKey(exec, socket, key)).toBe('unchanged');

    expect(await stopAgent(exec, systemClock, socket)).toBe('changed');
    expect(isRunning(agent.pid ?? 0)).toBe(false);
    expect(existsSync(socket)).toBe(false);
    expect(await stopAgent(exec, systemClock, socket)).toBe('unchanged');
    expect(await removeAgentKey(exec, socket, key)).toBe('unchanged');
  });

  it('starts over the socket of one that was killed', async () => {
    const { pid } = await startAgent(exec, socket);
    process.kill(pid ?? 0, 'SIGKILL');
    while (isRunning(pid ?? 0)) await systemClock.sleep(5);
    const again = await startAgent(exec, socket);
    expect(again.pid).not.toBe(pid);
    expect(await listAgentKeys(socket)).toEqual([]);
  });

  it('listens in a private folder elsewhere when the path of the lab is too long for a socket', async () => {
    const deep = join(dir, 'd'.repeat(90));
    socket = agentSocketPath(deep, dir);
    expect(dirname(dirname(socket))).toBe(dir);
    await startAgent(exec, socket);
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
    await stopAgent(exec, systemClock, socket);
    expect(existsSync(dirname(socket))).toBe(false);
    await startAgent(exec, socket);
    writeFileSync(join(dirname(socket), 'mine'), '');
    expect(await stopAgent(exec, systemClock, socket)).toBe('changed');
    rmSync(dirname(socket), { recursive: true });
    mkdirSync(dirname(socket), { mode: 0o755 });
    await expect(startAgent(exec, socket)).rejects.toMatchObject({ code: 'LAB_AGENT_FAILED' });
    rmSync(dirname(socket), { recursive: true });
  });
});

describe('an agent that somebody else runs', () => {
  it('is none when nothing, or something else, is at its socket', async () => {
    const garbage = await serve(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const short = await serve(Buffer.from([0, 0, 0, 5, 12, 0, 0, 0, 9]));
    const silent = await serve(undefined);
    try {
      expect(await listAgentKeys(garbage.path)).toBeUndefined();
      expect(await listAgentKeys(short.path)).toBeUndefined();
      expect(await listAgentKeys(silent.path, 30)).toBeUndefined();
      expect(await findRunningAgent({ SSH_AUTH_SOCK: garbage.path })).toBeUndefined();
      expect(await findRunningAgent({ SSH_AUTH_SOCK: `/${'x'.repeat(300)}` })).toBeUndefined();
      expect(await findRunningAgent({ SSH_AUTH_SOCK: '' })).toBeUndefined();
    } finally {
      for (const { server } of [garbage, short, silent]) server.close();
    }
  });

  it('that does not take the key is an error with what ssh-add said', async () => {
    const key = await ensureSshKey({ exec, labDir: dir, lab: 'coreos' });
    // SSH_AGENT_IDENTITIES_ANSWER without keys to the first question, SSH_AGENT_FAILURE to others.
    const refusing = await serve(Buffer.from([0, 0, 0, 5, 12, 0, 0, 0, 0]), Buffer.from([0, 0, 0, 1, 5]));
    try {
      await expect(addAgentKey(exec, refusing.path, key)).rejects.toMatchObject({
        code: 'LAB_AGENT_FAILED',
        details: { output: expect.stringContaining('refused') as string },
      });
    } finally {
      refusing.server.close();
    }
  });

  let count = 0;
  /** Answers the question for keys with `answer` and everything else with `otherwise`. */
  async function serve(answer?: Buffer, otherwise = answer): Promise<{ server: Server; path: string }> {
    const path = join(dir, `server-${String((count += 1))}`);
    const server = createServer((connection) => {
      connection.on('error', () => undefined);
      connection.on('data', (chunk) => {
        const reply = chunk[4] === 11 ? answer : otherwise;
        if (reply !== undefined) connection.write(reply);
      });
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return { server, path };
  }
});
