import { chmod, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrivateDirectory } from '../io/files.ts';
import type { Exec, ExecResult } from '../io/exec.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { CommandError, EnvironmentError } from '../model/errors.ts';

/** The key pair of a lab. */
export interface SshKey {
  privateKeyPath: string;
  publicKeyPath: string;
  /** `ssh-ed25519 BASE64 COMMENT`, without a newline. */
  publicKey: string;
}

export interface SshKeyRequest {
  exec: Exec;
  labDir: string;
  lab: string;
  signal?: AbortSignal;
}

/** Where the lab's key is, or will be. */
export function sshKeyPaths(labDir: string): { privateKeyPath: string; publicKeyPath: string } {
  const privateKeyPath = join(labDir, 'ssh', 'id_ed25519');
  return { privateKeyPath, publicKeyPath: `${privateKeyPath}.pub` };
}

/**
 * The lab's own ed25519 key, without a passphrase; made only where there is none. Private part 0600 in a 0700 folder.
 * Throws LAB_TOOL_MISSING or LAB_COMMAND_FAILED.
 */
export async function ensureSshKey(request: SshKeyRequest): Promise<SshKey> {
  const { privateKeyPath, publicKeyPath } = sshKeyPaths(request.labDir);
  let publicKey = await readPublicKey(privateKeyPath, publicKeyPath);
  if (publicKey === undefined) {
    await createPrivateDirectory(join(request.labDir, 'ssh'));
    await generate(request, privateKeyPath, publicKeyPath);
    publicKey = await readFile(publicKeyPath, 'utf8');
  }
  return { privateKeyPath, publicKeyPath, publicKey: publicKey.trim() };
}

/** Undefined unless both parts are there. */
async function readPublicKey(privateKeyPath: string, publicKeyPath: string): Promise<string | undefined> {
  try {
    // ssh refuses a private key that others may read; a restored backup may have lost the mode.
    await chmod(privateKeyPath, 0o600);
    return await readFile(publicKeyPath, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Under another name first and the private part renamed last: a killed run leaves a whole pair or none. */
async function generate(
  request: SshKeyRequest,
  privateKeyPath: string,
  publicKeyPath: string,
): Promise<void> {
  const fresh = `${privateKeyPath}.new`;
  await rm(fresh, { force: true });
  await rm(`${fresh}.pub`, { force: true });
  const args = ['-q', '-t', 'ed25519', '-N', '', '-C', `lab ${request.lab}`, '-f', fresh];
  const { signal } = request;
  const options = { timeoutMs: 30_000, ...(signal === undefined ? {} : { signal }) };
  assertSucceeded(
    await request.exec('ssh-keygen', args, options),
    'The ssh key of the lab could not be made.',
  );
  await chmod(fresh, 0o600);
  await rename(`${fresh}.pub`, publicKeyPath);
  await rename(fresh, privateKeyPath);
}

/** Throws LAB_TOOL_MISSING or LAB_COMMAND_FAILED for a command of the OpenSSH client that did not succeed. */
export function assertSucceeded(result: ExecResult, message: string): void {
  if (result.notFound) {
    throw new EnvironmentError('LAB_TOOL_MISSING', `${message} The OpenSSH client is not installed.`, {
      command: result.command,
      hint: '`sudo apt-get install openssh-client`',
    });
  }
  if (result.exitCode !== 0) {
    const output = `${result.stdout}${result.stderr}`.trim();
    const why = result.timedOut ? ' The command did not end in time.' : '';
    throw new CommandError('LAB_COMMAND_FAILED', `${message}${why}`, { command: result.command, output });
  }
}
