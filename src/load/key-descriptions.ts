/** One line about a key, which editors show. */
export type Descriptions = Readonly<Record<string, string>>;

const places =
  '`all` machines of the first group, `others` (without the first), `remaining` (without the last), or the name of one.';
const anywhere = `Where: \`host\` (this computer), ${places}`;
const mode = 'File mode: four octal digits in quotes, e.g. "0755".';
const duration = 'A whole number with s or m, e.g. 30s.';

const action: Descriptions = {
  on: anywhere,
  machine: `Machine to stop or start: ${places}`,
  command: 'Shell command. The step fails where it exits with another status than 0.',
  timeout: `How long the command may take; 60s without it. ${duration}`,
  record: 'false: what it prints differs from run to run and is not compared by `lab record`.',
  file: 'File below files/ beside the scenario. One that ends in .hbs is a template, all others go as they are.',
  artifact: 'Name of an artifact that is put on the machine.',
  member: 'Path of the one file of the artifact, a tar archive, that is meant.',
  to: "Where it is put: a path on the machine, or, on the host, below the lab's own folder.",
  mode,
  power: 'stop or start the machine.',
};

/** By the key that leads to a mapping (`''` for the file itself), and the keys in that mapping. */
export const keyDescriptions: Readonly<Record<string, Descriptions>> = {
  '': {
    name: 'Name of the scenario and of its lab.',
    title: 'What the lab is, in one line.',
    chapter: 'Chapter of the book; a text, so a number needs quotes.',
    description: 'What is done, in one or two sentences.',
    text: 'What `lab handout` says before the first step; Markdown.',
    parameters: 'What can be chosen when the lab is brought up, by name.',
    subnet: 'Private network of the machines, a /24. Where it is taken, another that is free is used.',
    privateNetwork: 'false: the machines have no network of their own where the provider can do without.',
    providers: 'What differs with a provider.',
    editions: 'Ways of playing the chapter, by name, in order of preference.',
    install: 'Artifacts put on the machines of the discovery role, whatever the edition.',
    machines: 'Groups of machines.',
    discovery: 'The machines that form an etcd cluster through the discovery service.',
    artifacts: 'Files fetched from the internet, by name.',
    include: 'Other scenarios whose steps are played before `steps`, on the machines of this one.',
    steps: 'The steps of the chapter, in order.',
  },
  parameters: {
    type: 'integer, string or boolean.',
    description: 'One line for `lab list`.',
    env: 'Environment variable that gives the value when the command line does not.',
    default: 'The value without another choice.',
    min: 'The least that is allowed.',
    max: 'The most that is allowed.',
    pattern: 'Regular expression that the whole value must match.',
    enum: 'The values that are allowed.',
    secret: 'true: the value is masked in logs, reports, recordings and handouts. Give it by `env`.',
  },
  providers: {
    defaults: "Parameter to value, in place of the parameter's own default with this provider.",
  },
  editions: {
    description: 'One line for the plan.',
    architectures: 'Where it can run.',
    install: 'Artifacts put on the machines of the discovery role before their user-data is applied.',
  },
  install: {
    artifact: 'Name of the artifact.',
    member: 'Path of the one file of the artifact, a tar archive, that is meant.',
    to: 'Where it is put on the machine.',
    mode,
    providers: 'Only with these providers.',
  },
  machines: {
    role: 'What the group is called; each group has its own.',
    project: 'Vagrant project, e.g. server (Debian) or coreos. Each group has its own.',
    name: 'Name of each machine; with several, a template: web-{{pad number 2}}.',
    count: 'How many: a number, or the name of an integer parameter.',
    firstAddress: "Last number of the first machine's address; the others follow.",
    memoryMb: 'Memory in MB: a number, or the name of an integer parameter.',
    cpus: 'Processors: a number, or the name of an integer parameter.',
    addressFrom: 'Name of a string parameter that gives the address of the only machine.',
    aliases: 'Further names for the hosts file; templates.',
    optional: 'true: only brought up with `--with ROLE`.',
    userData: 'cloud-config template below cloud-config/; one for all providers, or one for each.',
    box: 'What the machines are made from where the provider uses Vagrant boxes.',
    settings: "Further globals of the project's config.rb: name without $ to a template.",
  },
  box: {
    name: 'Name of the box, e.g. bento/debian-12; a template.',
    url: 'Its metadata or a .box file: http, https or an absolute path; a template.',
    version: 'Without it the newest; a template.',
  },
  discovery: { role: 'Group of machines that form the cluster.' },
  artifacts: {
    url: 'Where it is published.',
    sha256: "The publisher's digest. Without it that of the first fetch is kept and enforced.",
    architectures: 'What it runs on.',
    obtain: 'What to tell somebody who cannot fetch it.',
  },
  include: {
    scenario: 'Name of a scenario in the same folder.',
    edition: 'Which of its steps: those of this edition and those of none.',
    role: 'Our group of machines that stands for its first one.',
    parameters:
      'Its parameter to ours. One that is not named has the value of ours of that name, else its default.',
  },
  steps: {
    id: 'Name of the step, for --from, --until, --only and `needs`.',
    title: 'What is done, in a few words.',
    text: 'What `lab handout` says of the step; Markdown.',
    edition: 'Only played in this edition.',
    minNodes: 'With fewer machines in the first group the step is skipped.',
    book: 'What the book says, shown beside what is done.',
    artifacts: 'Artifacts that the step needs; without them it is blocked.',
    needs: 'Ids of steps above it that must have passed.',
    run: 'What is done: files and commands, in order. Without it the step only looks.',
    undo: 'Takes back what `run` did; `lab goto` goes back with it.',
    idempotent: 'true: the step can be played again; `lab prove` shows that.',
    checks: 'What must be true afterwards; at least one.',
    lasting: 'true: the checks hold whatever later steps do, so `lab check` runs them.',
  },
  minNodes: { count: 'So many machines are needed.', reason: 'Why, for whoever sees the step skipped.' },
  book: {
    command: 'The command in the book.',
    output: 'What the book says that it prints.',
    note: 'What differs, and why.',
  },
  run: action,
  undo: action,
  checks: {
    title: 'What is true when the check passes.',
    hint: 'What to try when it fails, best a command.',
    within: `Tried again until it passes or the time is over; without it once. ${duration}`,
    holdsBefore: 'true: it passes before the step, too. `lab prove` asks otherwise that it fails there.',
    units: 'systemd units of the machine whose state and journal `lab why` shows.',
    mutation:
      'Breaks what the check guards; `lab prove` shows that this check fails then, and no other of its step.',
    show: 'true: what the check saw is shown when it passes, too.',
    record: 'false: what it prints differs from run to run and is not compared by `lab record`.',
    on: anywhere,
    command: 'Shell command that looks.',
    expect: 'What must come of it. Without it, for a command: exit status 0.',
    http: 'A request from this computer to a machine.',
  },
  mutation: {
    on: anywhere,
    command: 'Breaks what the check guards.',
    undo: 'Mends it: all checks of the step pass again.',
  },
  expect: {
    exit: 'Exit status, or nonzero.',
    status: 'HTTP status. Without it any success (200 to 299).',
    unreachable: 'true: nobody answers. Stands alone.',
    contains: 'A text that is there, or a list of them.',
    notContains: 'A text that is not there.',
    matches: 'Regular expression; ^ and $ are the ends of a line.',
    table: 'What must be true of a table.',
    json: 'What must be true of values of a JSON document.',
  },
  table: {
    separator: 'tabs, or spaces for columns of two or more blanks (docker, kubectl).',
    rows: 'Exactly so many rows below the header.',
    minRows: 'At least so many rows below the header.',
    every: 'Column to regular expression: true of the whole cell in every row.',
    some: 'For each entry, a row matches in all its columns.',
    distinct: 'A column that holds no text twice.',
  },
  json: {
    path: 'Where, e.g. members.0.name; . is the whole document.',
    equals: 'The value.',
    matches: 'Regular expression for the value.',
    length: 'Number of entries, or of characters.',
  },
  http: {
    machine: `The server: ${places}`,
    port: 'Its port; how it is reached, the provider knows.',
    path: 'Path of the request.',
  },
};

/** Examples of values that are easily written in another way. */
export const keyExamples: Readonly<Record<string, string[]>> = {
  within: ['30s', '2m'],
  timeout: ['30s', '2m'],
  subnet: ['172.17.8.0/24'],
};
