import { decodeContent } from './decode-content.ts';
import type { KeySpec, SectionSpec } from './key-spec.ts';
import { serviceKeys } from './service-keys.ts';

const text: KeySpec = { type: 'text' };
const boolean: KeySpec = { type: 'boolean' };
const texts: KeySpec = { type: 'list', items: text };

function form(pattern: RegExp, described: string): KeySpec {
  return { type: 'text', form: { pattern, described } };
}

function oneOf(...words: string[]): KeySpec {
  return form(new RegExp(`^(${words.join('|').replaceAll('+', '\\+')})$`), `one of ${words.join(', ')}`);
}

/** Printable and without a meaning to a shell. */
const oneWord = /^[!#%-&(-[\]^_a-~]+$/;

const unit: SectionSpec = {
  type: 'section',
  required: ['name'],
  keys: {
    name: form(
      /^[A-Za-z0-9:_.\\@-]+\.(service|socket|device|mount|automount|swap|target|path|timer|slice|scope|network|netdev|link)$/,
      'a unit name with its suffix, e.g. fleet.service',
    ),
    mask: boolean,
    enable: boolean,
    runtime: boolean,
    content: text,
    command: oneOf(
      'start',
      'stop',
      'restart',
      'reload',
      'try-restart',
      'reload-or-restart',
      'reload-or-try-restart',
    ),
    drop_ins: {
      type: 'list',
      items: {
        type: 'section',
        required: ['name', 'content'],
        keys: {
          name: form(/^[^/\s]+\.conf$/, 'a file name that ends in .conf; systemd ignores others'),
          content: text,
        },
      },
    },
  },
};

const writeFile: SectionSpec = {
  type: 'section',
  required: ['path'],
  check: ({ content, encoding }) => {
    if (typeof content !== 'string' || typeof encoding !== 'string') return undefined;
    try {
      decodeContent(content, encoding);
      return undefined;
    } catch {
      return `The content of this file cannot be decoded as ${encoding}.`;
    }
  },
  keys: {
    path: form(
      /^\/(?!usr\/)[^\0]*[^/\0]$/,
      'an absolute path of a file, and not below /usr, which CoreOS mounts read-only',
    ),
    content: text,
    encoding: oneOf('base64', 'b64', 'gz', 'gzip', 'gz+base64', 'gzip+base64', 'gz+b64', 'gzip+b64'),
    owner: form(/^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/, 'USER or USER:GROUP'),
    permissions: form(/^0?[0-7]{3,4}$/, 'an octal number, e.g. "0644"'),
  },
};

const user: SectionSpec = {
  type: 'section',
  required: ['name'],
  keys: {
    ...Object.fromEntries(
      'name passwd coreos_ssh_import_github coreos_ssh_import_url gecos homedir primary_group shell'
        .split(' ')
        .map((key) => [key, text]),
    ),
    ssh_authorized_keys: texts,
    coreos_ssh_import_github_users: texts,
    groups: texts,
    no_create_home: boolean,
    no_user_group: boolean,
    system: boolean,
    no_log_init: boolean,
  },
};

/**
 * The keys of coreos-cloudinit, their types, forms and the environment variables they become.
 *
 * Sources, read 2026-11: the structs of flatcar/coreos-cloudinit `config/config.go` and, in the same folder of
 * coreos/coreos-cloudinit, `etcd.go` `etcd2.go` `fleet.go` `flannel.go` `locksmith.go` `oem.go` `update.go` `unit.go`
 * `user.go` `file.go` (their `yaml`, `env` and `valid` tags), and flatcar's `config/validate/rules.go`, which refuses
 * files below /usr. Forms without such a tag are ours: `discovery`, unit and drop-in names, `path`, `owner`,
 * `ssh_authorized_keys`, `hostname`, and `group` and `server` of `update`, which a shell reads.
 */
export const cloudConfigKeys: SectionSpec = {
  type: 'section',
  keys: {
    hostname: form(
      /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/,
      'a host name: letters, digits, hyphens and dots',
    ),
    ssh_authorized_keys: {
      type: 'list',
      items: form(/^[^\s#]+ [^\0-\x1f]+$/, 'one public key on one line, e.g. "ssh-ed25519 AAAA... me"'),
    },
    users: { type: 'list', items: user },
    write_files: { type: 'list', items: writeFile },
    manage_etc_hosts: oneOf('localhost'),
    coreos: {
      type: 'section',
      keys: {
        ...serviceKeys,
        oem: {
          type: 'section',
          keys: { id: text, name: text, version_id: text, home_url: text, bug_report_url: text },
        },
        update: {
          type: 'section',
          keys: {
            reboot_strategy: oneOf('best-effort', 'etcd-lock', 'reboot', 'off'),
            group: form(oneWord, 'one word'),
            server: form(oneWord, 'one word'),
          },
        },
        units: { type: 'list', items: unit },
      },
    },
  },
};
