/** The rooms of the house and the doors between them; see docs/decisions/0001-rooms.md. */
const only = (name, comment, packageName, file) => ({
  name,
  comment,
  severity: 'error',
  from: { pathNot: file },
  to: { path: `node_modules/${packageName}/` },
});
const room = (name, path, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path },
  to: { path: '^src/', pathNot: [path, ...allowed] },
});
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: ['\\.d\\.ts$'] }, to: {} },
    room('model-is-pure', '^src/model/', [], 'model holds types and schemas and imports nothing of ours'),
    room('plan-is-pure', '^src/plan/', ['^src/model/'], 'plan turns data into data'),
    room('report-reads-events', '^src/report/', ['^src/model/'], 'reporters see events only'),
    {
      name: 'run-sees-interfaces',
      comment: 'concrete classes meet only in cli/context.ts',
      severity: 'error',
      from: { path: '^src/(run|plan|state|host|provision)/' },
      to: { path: '^src/(cli/|io/(execa|fetch)-|transport/ssh-|providers/(docker|virtualbox)/)' },
    },
    only('execa-once', 'one importing file', 'execa', '^src/io/execa-exec\\.ts$'),
    only('ssh2-once', 'one importing file', 'ssh2', '^src/transport/ssh-transport\\.ts$'),
    only('listr2-once', 'one importing file', 'listr2', '^src/report/list-reporter\\.ts$'),
    only('node-fetch-once', 'one importing file', 'node-fetch', '^src/io/fetch-http\\.ts$'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
