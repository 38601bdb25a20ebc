import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface ProcessOptions {
  cwd?: string;
  /** The whole environment. */
  env: NodeJS.ProcessEnv;
  /** Also ask the system for the process's peak memory; costs a read of /proc each 50 ms, so not in comparisons of time. */
  memory?: boolean;
}

export interface TimedProcess {
  /** From the start of the process until it has ended and its output is read. */
  seconds: number;
  stdout: string;
  /** Largest resident set of the process itself, without its children; 0 unless asked for. */
  peakMegabytes: number;
}

/** Longer than anything here takes: what is still there then hangs. */
const limitMs = 600_000;
const memoryIntervalMs = 50;

/** Runs a command to its end. Rejects, with the last lines, when it fails: the time of a failure is no figure. */
export function runTimed(
  file: string,
  args: readonly string[],
  { cwd, env, memory = false }: ProcessOptions,
): Promise<TimedProcess> {
  const started = performance.now();
  const child = spawn(file, args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  const { pid } = child;
  let stdout = '';
  let stderr = '';
  let peakMegabytes = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const limit = setTimeout(() => child.kill('SIGTERM'), limitMs);
  // The peak never falls, so the last reading before the end is all but exact.
  const readings = memory
    ? setInterval(() => {
        if (pid !== undefined) peakMegabytes = peakMemory(pid) ?? peakMegabytes;
      }, memoryIntervalMs)
    : undefined;
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(limit);
      clearInterval(readings);
    };
    child.once('error', (error) => {
      end();
      reject(error);
    });
    child.once('close', (exitCode, signal) => {
      end();
      if (exitCode === 0) {
        resolve({ seconds: (performance.now() - started) / 1000, stdout, peakMegabytes });
        return;
      }
      const lastLines = `${stdout}\n${stderr}`.trim().split('\n').slice(-20).join('\n');
      reject(new Error(`${file} ${args.join(' ')}: ${signal ?? `exit ${exitCode ?? ''}`}\n${lastLines}`));
    });
  });
}

/** VmHWM of proc(5), in megabytes of 1024 kB. Undefined once the process has ended. */
function peakMemory(pid: number): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}
