import { spawn } from 'node:child_process';

/** Runs a command to its end: its exit status and what it said on both streams. Does not throw. */
export function runCaptured(command, args, env = process.env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const collect = (data) => {
      text += data;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    child.on('error', (error) => resolve({ status: 1, text: error.message }));
    child.on('close', (status) => resolve({ status, text }));
  });
}
