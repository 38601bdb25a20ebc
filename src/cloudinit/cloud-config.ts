/** Settings that become environment variables of a service, by their key in the file. */
export type ServiceSettings = Readonly<Record<string, string | number | boolean>>;

/** What systemd can be told to do with a unit. */
export type UnitCommand =
  'start' | 'stop' | 'restart' | 'reload' | 'try-restart' | 'reload-or-restart' | 'reload-or-try-restart';

export interface CloudConfigUnit {
  name: string;
  mask?: boolean;
  enable?: boolean;
  /** Until the next boot only: below /run instead of /etc. */
  runtime?: boolean;
  content?: string;
  command?: UnitCommand;
  drop_ins?: { name: string; content: string }[];
}

export interface CloudConfigFile {
  path: string;
  content?: string;
  /** How `content` is written down; see decode-content.ts. */
  encoding?: string;
  /** Octal, e.g. `0644`. */
  permissions?: string;
  /** As `chown` takes it: `USER`, `USER:GROUP`. */
  owner?: string;
}

/**
 * A user-data file of coreos-cloudinit, key for key as it is written, so that nothing has to be translated.
 * Made by parseCloudConfig, which lets nothing else through.
 */
export interface CloudConfig {
  hostname?: string;
  ssh_authorized_keys?: string[];
  users?: Readonly<Record<string, unknown>>[];
  write_files?: CloudConfigFile[];
  manage_etc_hosts?: 'localhost';
  coreos?: {
    etcd?: ServiceSettings;
    etcd2?: ServiceSettings;
    fleet?: ServiceSettings;
    flannel?: ServiceSettings;
    locksmith?: ServiceSettings;
    oem?: { id?: string; name?: string; version_id?: string; home_url?: string; bug_report_url?: string };
    update?: { reboot_strategy?: string; group?: string; server?: string };
    units?: CloudConfigUnit[];
  };
}
