/** Files that a scenario may refer to; references to a kind that is left out are not checked. */
export interface KnownFiles {
  /** Paths below the `files/` folder beside the scenario. */
  files?: ReadonlySet<string>;
  /** Paths below `cloud-config/`. */
  cloudConfigs?: ReadonlySet<string>;
  /** Folders under `vagrant/`. */
  projects?: ReadonlySet<string>;
}
