import { connect } from 'node:net';

/** Message numbers and layouts: draft-miller-ssh-agent, sections 3.5 and 5.1. */
const requestIdentities = Buffer.from([0, 0, 0, 1, 11]);
const identitiesAnswer = 12;
/** OpenSSH's own limit for a message, AGENT_MAX_LEN. */
const maxAnswerBytes = 256 * 1024;

/**
 * Asks the ssh agent at a socket for its public keys, without starting a process: each in base64, as in the second field
 * of a `.pub` file. A locked agent has none. Undefined: no agent answers there within `timeoutMs`.
 */
export async function listAgentKeys(socket: string, timeoutMs = 1_000): Promise<string[] | undefined> {
  return (await listAgentIdentities(socket, timeoutMs))?.map(({ key }) => key);
}

/** A key that an agent holds: base64, and what its owner called it. */
export interface AgentIdentity {
  key: string;
  comment: string;
}

/** The same with their comments. */
export async function listAgentIdentities(
  socket: string,
  timeoutMs = 1_000,
): Promise<AgentIdentity[] | undefined> {
  const answer = await ask(socket, requestIdentities, timeoutMs);
  if (answer?.[0] !== identitiesAnswer) return undefined;
  try {
    return readKeys(answer.subarray(1));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The message without its length; undefined when there is none. */
function ask(socket: string, request: Buffer, timeoutMs: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const connection = connect(socket);
    const finish = (answer?: Buffer): void => {
      connection.destroy();
      resolve(answer);
    };
    connection.setTimeout(timeoutMs, finish);
    connection.on('error', () => {
      finish();
    });
    connection.on('close', () => {
      finish();
    });
    connection.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const length = received.length >= 4 ? received.readUInt32BE(0) : 0;
      if (length > maxAnswerBytes) finish();
      else if (length > 0 && received.length >= 4 + length) finish(received.subarray(4, 4 + length));
    });
    connection.write(request);
  });
}

/** A count, then for each key two strings with their lengths: the key and its comment. */
function readKeys(body: Buffer): AgentIdentity[] {
  const keys: AgentIdentity[] = [];
  let offset = 4;
  const next = (): Buffer => {
    const length = body.readUInt32BE(offset);
    if (offset + 4 + length > body.length) throw new RangeError('the answer is too short');
    const text = body.subarray(offset + 4, offset + 4 + length);
    offset += 4 + length;
    return text;
  };
  for (let left = body.readUInt32BE(0); left > 0; left -= 1) {
    const key = next().toString('base64');
    keys.push({ key, comment: next().toString() });
  }
  return keys;
}
