import type { Endpoint } from '../model/machine.ts';

export interface RemoteOptions {
  signal?: AbortSignal;
  timeoutMs: number;
  input?: string | Buffer;
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface RemoteResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** One persistent ssh connection to one machine; commands are multiplexed on it. */
export interface Connection {
  readonly machine: string;
  /** Runs a shell command. A non-zero exit is a result. Throws LAB_COMMAND_TIMEOUT or LAB_SSH_FAILED. */
  run(command: string, options: RemoteOptions): Promise<RemoteResult>;
  /** Puts a file on the machine as root, atomically: written beside its place, then renamed. `mode` is octal, e.g. `0644`. */
  upload(
    content: string | Buffer,
    path: string,
    mode: string,
    options: Omit<RemoteOptions, 'input'>,
  ): Promise<void>;
  close(): void;
}

export interface ConnectOptions {
  machine: string;
  endpoint: Endpoint;
  user: string;
  privateKeyPath: string;
  /** `TYPE BASE64`; another key is refused with LAB_HOST_KEY_CHANGED. Without it the first key is taken and reported. */
  hostKey?: string;
  onHostKey: (hostKey: string) => void;
  /** The connection is tried until this much time is over: sshd may still be starting. */
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface Transport {
  /** Throws LAB_SSH_FAILED with the last reason, or LAB_HOST_KEY_CHANGED. */
  connect(options: ConnectOptions): Promise<Connection>;
}
