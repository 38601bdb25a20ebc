import * as z from 'zod';

const identifier = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'lower-case letters, digits and hyphens, at most 40');
/** Vagrant's name of a provider that `lab` can drive. */
export const providerName = z.enum(['docker', 'virtualbox']);
const duration = z.string().regex(/^[1-9][0-9]{0,3}(s|m)$/, 'a whole number with s or m, e.g. 30s or 2m');
const text = z.string().min(1);

const parameterBase = {
  description: text,
  /** Environment variable that gives the value when the command line does not. */
  env: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/)
    .optional(),
};

const parameter = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('integer'),
    ...parameterBase,
    default: z.number().int(),
    min: z.number().int(),
    max: z.number().int(),
  }),
  z.strictObject({
    type: z.literal('string'),
    ...parameterBase,
    default: z.string(),
    pattern: text.optional(),
    enum: z.array(z.string()).min(1).optional(),
    /** Masked wherever lab writes or shows something, but for the lab's state and what is rendered for its machines. */
    secret: z.boolean().optional(),
  }),
  z.strictObject({ type: z.literal('boolean'), ...parameterBase, default: z.boolean() }),
]);

/** Where a command runs: `host`, `all`, or an expression that gives a machine's name such as `{{first}}`. */
const target = text;

const machineGroup = z.strictObject({
  role: identifier,
  /** Vagrant project: a folder under `vagrant/`. */
  project: identifier,
  /** Handlebars with `number`, e.g. `core-{{pad number 2}}`. */
  name: text,
  /** A number, or the name of an integer parameter. */
  count: z.union([z.number().int().min(1), identifier]),
  /** Host number of the first machine in the lab's subnet; the others follow. */
  firstAddress: z.number().int().min(2).max(254),
  /** A number, or the name of an integer parameter. */
  memoryMb: z.union([z.number().int().min(64), identifier]),
  /** A number, or the name of an integer parameter. */
  cpus: z.union([z.number().int().min(1), identifier]),
  /** Name of a string parameter that, when it is not empty, gives the address of the group's only machine. */
  addressFrom: identifier.optional(),
  /** Further names for the hosts file; templates. */
  aliases: z.array(text).default([]),
  /** Only brought up when asked for with `--with NAME`. */
  optional: z.boolean().default(false),
  /** cloud-config template (a path under `cloud-config/`) that each machine is given; one for all providers, or one for each. */
  userData: z.union([text, z.partialRecord(providerName, text)]).optional(),
  /** What the machine is made from where the provider uses boxes; all are templates of the parameters. */
  box: z
    .strictObject({
      /** Vagrant's name of the box, e.g. `flatcar-stable`. */
      name: text,
      /** Box metadata (JSON), or a `.box` file itself: an http(s) URL or an absolute path. */
      url: text,
      /** Without it: the newest in the metadata. */
      version: text.optional(),
    })
    .optional(),
  /** Further globals of the project's config.rb: name without `$` to a template of its value. */
  settings: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), text).default({}),
});

/** Puts an artifact, or one member of it when it is a tar archive, on a machine. */
const artifactFile = {
  artifact: identifier,
  member: text.optional(),
  to: z.string().startsWith('/'),
  mode: z
    .string()
    .regex(/^0[0-7]{3}$/)
    .default('0644'),
};

const installedFile = z.strictObject({
  ...artifactFile,
  /** Only with these providers. */
  providers: z.array(providerName).min(1).optional(),
});

const artifact = z.strictObject({
  url: z.url(),
  /** The publisher's digest where it is known; never invented. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  architectures: z.array(z.enum(['amd64', 'arm64'])).min(1),
  /** What to tell somebody who cannot fetch it. */
  obtain: text,
});

const tableExpectation = z.strictObject({
  /** How columns are told apart: `tabs` for tabwriter output, `spaces` for two or more blanks. */
  separator: z.enum(['tabs', 'spaces']).default('tabs'),
  /** Number of rows below the header: exactly (number or template), or at least. */
  rows: z.union([z.number().int(), text]).optional(),
  minRows: z.union([z.number().int(), text]).optional(),
  /** In every row, the column holds a text that matches (whole-cell regular expression). */
  every: z.record(z.string(), text).optional(),
  /** For each entry at least one row matches all columns. */
  some: z.array(z.record(z.string(), text)).optional(),
  /** No two rows hold the same text in this column. */
  distinct: text.optional(),
});

const jsonExpectation = z.strictObject({
  /** Dot-separated path; numbers index arrays. */
  path: text,
  equals: z.union([z.string(), z.number(), z.boolean()]).optional(),
  matches: text.optional(),
  length: z.union([z.number().int(), text]).optional(),
});

const outputExpectation = {
  contains: z.union([text, z.array(text)]).optional(),
  /** Regular expression, multi-line. */
  matches: text.optional(),
  notContains: text.optional(),
  table: tableExpectation.optional(),
  json: z.array(jsonExpectation).optional(),
};

/** How to break what a check guards, and how to mend it; commands on one target. */
const mutation = z.strictObject({ on: target, command: text, undo: text });

const checkBase = {
  title: text,
  hint: text,
  /** The check is tried again until it passes or this much time is over. Without it: once. */
  within: duration.optional(),
  /** It passes before the step, too: `lab prove` does not ask that it fails there. */
  holdsBefore: z.boolean().optional(),
  /** systemd units of the machine whose state and journal `lab why` shows. */
  units: z.array(text).optional(),
  /** Breaks what the check guards: `lab prove` shows that the check fails then, and no other of its step. */
  mutation: mutation.optional(),
  /** False: what it prints differs from one run to the next and is not compared. */
  record: z.boolean().optional(),
  /** What it saw is shown when it passes, too. */
  show: z.boolean().optional(),
};

const commandCheck = z.strictObject({
  ...checkBase,
  on: target,
  command: text,
  expect: z
    .strictObject({
      exit: z.union([z.number().int(), z.literal('nonzero')]).default(0),
      ...outputExpectation,
    })
    .default({ exit: 0 }),
});

const httpCheck = z.strictObject({
  ...checkBase,
  /** `machine` and `port` name the server; how it is reached is asked of the provider. */
  http: z.strictObject({
    machine: target,
    port: z.number().int().min(1).max(65535),
    path: z.string().startsWith('/').default('/'),
  }),
  expect: z.strictObject({
    status: z.number().int().optional(),
    unreachable: z.literal(true).optional(),
    ...outputExpectation,
  }),
});

const action = z.union([
  z.strictObject({
    on: target,
    command: text,
    timeout: duration.optional(),
    /** False: what it prints differs from one run to the next and is not compared. */
    record: z.boolean().optional(),
  }),
  /** Renders a template (a path under the scenario's `files/`) and puts it on a machine. */
  z.strictObject({
    on: target,
    file: text,
    to: text,
    mode: z
      .string()
      .regex(/^0[0-7]{3}$/)
      .default('0644'),
  }),
  z.strictObject({ on: target, ...artifactFile }),
  z.strictObject({ machine: target, power: z.enum(['stop', 'start']) }),
]);

const step = z.strictObject({
  id: identifier,
  title: text,
  /** What the reader of the handout is told, Markdown. */
  text: text.optional(),
  /** Only in this edition. */
  edition: identifier.optional(),
  /** Only where this many nodes or more are there; else skipped with the reason. */
  minNodes: z.strictObject({ count: z.number().int().min(1), reason: text }).optional(),
  /** The book's own command and output, shown beside ours. */
  book: z
    .strictObject({ command: text.optional(), output: text.optional(), note: text.optional() })
    .optional(),
  artifacts: z.array(identifier).default([]),
  needs: z.array(identifier).default([]),
  run: z.array(action).default([]),
  /** Takes back what `run` did, for `lab goto` to a step before this one. */
  undo: z.array(action).optional(),
  /** Playing the step again on a lab where it passed is said to work; `lab prove` shows it. */
  idempotent: z.boolean().optional(),
  checks: z.array(z.union([commandCheck, httpCheck])).min(1),
  /** The checks hold from this step on, whatever the later steps do: `lab check` runs them. */
  lasting: z.boolean().default(false),
});

const edition = z.strictObject({
  description: text,
  architectures: z.array(z.enum(['amd64', 'arm64'])).optional(),
  /** Put on the machines of the discovery role before their user-data is applied. */
  install: z.array(installedFile).default([]),
});

/** What differs with a provider. */
const providerSettings = z.strictObject({
  /** Values of parameters in place of their defaults. */
  defaults: z.record(identifier, z.union([z.string(), z.number(), z.boolean()])).default({}),
});

/** Another scenario's steps, in the place of one's own. */
const inclusion = z.strictObject({
  /** Name of a scenario in the same folder, which includes none itself. */
  scenario: identifier,
  /** Which of its steps: those of this edition and those of none. Without it: of the edition that the lab has. */
  edition: identifier.optional(),
  /** Our group of machines that stands for its first one. */
  role: identifier,
  /** Its parameter to ours. A parameter that is not named has the value of ours of that name, else its default. */
  parameters: z.record(identifier, identifier).default({}),
});

/** A scenario file: the machines of a lab and the steps of its chapter. */
export const scenarioSchema = z.strictObject({
  name: identifier,
  title: text,
  chapter: text,
  description: text,
  /** What the reader of the handout is told before the first step, Markdown. */
  text: text.optional(),
  parameters: z.record(identifier, parameter).default({}),
  /** Preferred private network, /24. Another free one is taken where this one is not free. */
  subnet: z.string().regex(/^(\d{1,3}\.){3}0\/24$/, 'a /24 network, e.g. 172.17.8.0/24'),
  /** False: the machines have no addresses of their own and are reached through forwarded ports (22 and 80) only. */
  privateNetwork: z.boolean().default(true),
  providers: z.partialRecord(providerName, providerSettings).default({}),
  /** In order of preference; `auto` takes the first whose needs are met. */
  editions: z.record(identifier, edition).default({}),
  /** Put on the machines of the discovery role before their user-data is applied, whatever the edition. */
  install: z.array(installedFile).default([]),
  machines: z.array(machineGroup).min(1),
  /** Members of the etcd cluster bootstrap through the discovery service: the role whose machines they are. */
  discovery: z.strictObject({ role: identifier }).optional(),
  artifacts: z.record(identifier, artifact).default({}),
  /** Other scenarios whose steps are played before `steps`, on the machines of this one. */
  include: z.array(inclusion).optional(),
  steps: z.array(step).default([]),
});

/** A scenario; `steps` begins with those of the scenarios that it includes. */
export type Scenario = Omit<z.infer<typeof scenarioSchema>, 'steps'> & { steps: Step[] };

/** Where the names in the texts of an included step come from. */
export interface StepScope {
  /** The scenario that the step is of, and its title. */
  scenario: string;
  title: string;
  /** The group that `all`, `first` and so on are about. */
  role: string;
  /** Each of its parameters: the name of ours that has the value, or the value. */
  parameters: Record<string, { parameter: string } | { value: ParameterValue }>;
}

export type Inclusion = z.infer<typeof inclusion>;
export type Parameter = z.infer<typeof parameter>;
export type MachineGroup = z.infer<typeof machineGroup>;
export type Artifact = z.infer<typeof artifact>;
export type Step = z.infer<typeof step> & { scope?: StepScope };
export type Action = z.infer<typeof action>;
export type Edition = z.infer<typeof edition>;
export type ArtifactFile = Edition['install'][number];
export type ProviderName = z.infer<typeof providerName>;
export type CommandCheck = z.infer<typeof commandCheck>;
export type HttpCheck = z.infer<typeof httpCheck>;
export type Check = Step['checks'][number];
export type OutputExpectation = Omit<CommandCheck['expect'], 'exit'>;
export type TableExpectation = z.infer<typeof tableExpectation>;
export type JsonExpectation = z.infer<typeof jsonExpectation>;
export type ParameterValue = string | number | boolean;
