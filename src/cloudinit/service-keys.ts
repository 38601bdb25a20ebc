import type { KeySpec, SectionSpec, TextForm } from './key-spec.ts';

/** A section whose keys become variables `PREFIX_KEY` unless `special` says otherwise. Keys are listed by type, separated by blanks. */
function settings(
  prefix: string,
  keys: { texts?: string; integers?: string; numbers?: string; booleans?: string },
  special: Readonly<Record<string, { variable?: string; form?: TextForm }>> = {},
): SectionSpec {
  const listed = (
    [
      ['text', keys.texts],
      ['integer', keys.integers],
      ['number', keys.numbers],
      ['boolean', keys.booleans],
    ] as const
  ).flatMap(([type, names]) => (names?.trim().split(/\s+/) ?? []).map((name) => ({ type, name })));
  const entries = listed.map(({ type, name }): [string, KeySpec] => {
    const { variable = `${prefix}_${name.toUpperCase()}`, form: needed = variableText } = special[name] ?? {};
    return [name, type === 'text' ? { type, variable, form: needed } : { type, variable }];
  });
  return { type: 'section', keys: Object.fromEntries(entries) };
}

const url: TextForm = {
  pattern: /^https?:\/\/[^\s<>]+$/,
  described: 'a URL, e.g. http://10.0.0.1:4002/TOKEN',
};
/** systemd drops a variable that holds any other control character than tab and line feed. */
const variableText: TextForm = {
  pattern: /^[^\0-\x08\x0b-\x1f\x7f]*$/,
  described: 'a text without control characters',
};

const etcd = settings(
  'ETCD',
  {
    texts: `addr advertise_client_urls bind_addr ca_file cert_file cors data_dir discovery discovery_fallback discovery_proxy
      discovery_srv graphite_host initial_advertise_peer_urls initial_cluster initial_cluster_state initial_cluster_token
      key_file listen_client_urls listen_peer_urls name peer_addr peer_bind_addr peer_ca_file peer_cert_file peer_key_file
      peers peers_file proxy trace`,
    integers: `cluster_active_size election_timeout heartbeat_interval max_result_buffer max_retry_attempts max_snapshots
      max_wals peer_election_timeout peer_heartbeat_interval snapshot_count`,
    numbers: 'cluster_remove_delay cluster_sync_interval http_read_timeout http_write_timeout retry_interval',
    booleans: 'force_new_cluster snapshot verbose very_verbose very_very_verbose',
  },
  { discovery: { form: url }, snapshot_count: { variable: 'ETCD_SNAPSHOTCOUNT' } },
);

const etcd2 = settings(
  'ETCD',
  {
    texts: `advertise_client_urls ca_file cert_file cors data_dir discovery discovery_fallback discovery_proxy discovery_srv
      initial_advertise_peer_urls initial_cluster initial_cluster_state initial_cluster_token key_file listen_client_urls
      listen_peer_urls log_package_levels name peer_ca_file peer_cert_file peer_key_file peer_trusted_ca_file proxy
      trusted_ca_file wal_dir`,
    integers: `election_timeout heartbeat_interval max_snapshots max_wals proxy_dial_timeout proxy_failure_wait
      proxy_read_timeout proxy_refresh_interval proxy_write_timeout snapshot_count`,
    booleans:
      'client_cert_auth debug enable_pprof force_new_cluster peer_client_cert_auth strict_reconfig_check',
  },
  {
    discovery: { form: url },
    proxy: { form: { pattern: /^(on|off|readonly)$/, described: 'one of "on", "off", readonly' } },
  },
);

const fleet = settings('FLEET', {
  texts: `agent_ttl authorized_keys_file etcd_cafile etcd_certfile etcd_keyfile etcd_key_prefix etcd_password etcd_servers
    etcd_username metadata public_ip`,
  integers: 'token_limit verbosity',
  numbers: 'engine_reconcile_interval etcd_request_timeout',
  booleans: 'disable_engine verify_units',
});

const flannel = settings(
  'FLANNELD',
  {
    texts: `etcd_cafile etcd_certfile etcd_endpoints etcd_keyfile etcd_password etcd_prefix etcd_username interface ip_masq
      public_ip subnet_file`,
  },
  { interface: { variable: 'FLANNELD_IFACE' } },
);

const locksmith = settings(
  'LOCKSMITHD',
  {
    texts: `endpoint etcd_cafile etcd_certfile etcd_keyfile etcd_password etcd_username group window_length window_start`,
  },
  {
    window_start: {
      variable: 'LOCKSMITHD_REBOOT_WINDOW_START',
      form: {
        pattern: /^((sun|mon|tue|wed|thu|fri|sat) )?0*([0-9]|1[0-9]|2[0-3]):0*([0-9]|[1-5][0-9])$/i,
        described: 'a time of day, with or without a day of the week, e.g. "Thu 23:00"',
      },
    },
    window_length: {
      variable: 'LOCKSMITHD_REBOOT_WINDOW_LENGTH',
      form: { pattern: /^[-+]?([0-9]*(\.[0-9]*)?[a-z]+)+$/, described: 'a duration, e.g. 1h30m' },
    },
  },
);

/**
 * The sections of `coreos` whose keys become environment variables of a service. For the sources see
 * cloud-config-keys.ts; three variables are not named after their key (`ETCD_SNAPSHOTCOUNT`, `FLANNELD_IFACE`,
 * `LOCKSMITHD_REBOOT_WINDOW_...`).
 */
export const serviceKeys = { etcd, etcd2, fleet, flannel, locksmith };
