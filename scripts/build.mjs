// Bundles src/ and its dependencies into dist/: a command then reads a few files instead of some six hundred.
import { chmodSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/bin.ts'],
  outdir: 'dist',
  bundle: true,
  // Each command's code stays in a file of its own, read when the command is called.
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  // Function names appear in stack traces.
  keepNames: false,
  // Loads native addons by paths of its own.
  external: ['ssh2'],
  // CommonJS dependencies call require for Node's own modules.
  banner: {
    js: "import { createRequire as chapterlabRequire } from 'node:module'; const require = chapterlabRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
chmodSync(`${root}dist/bin.js`, 0o755);
