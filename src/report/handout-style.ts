/**
 * Style of HTML handouts. Light or dark as the reader's system is; wide code scrolls in its box, so that a phone never
 * scrolls the page sideways. Printed: black on white, code is wrapped, hints are open, no box is torn where it can be helped.
 */
export const handoutStyle = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #f3f5f7; --line: #d0d7de; --dim: #57606a; --link: #0757b0; --book: #fbf3df; --good: #e8f5ea; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --paper: #14171b; --soft: #1f242a; --line: #3a424b; --dim: #a2acb8; --link: #79b3ff; --book: #2e2818; --good: #17291b; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-top: 1rem; }
body { margin: 0 auto; max-width: 46rem; padding: 1rem 1rem 4rem; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; overflow-wrap: break-word; }
a { color: var(--link); }
h1 { font-size: 1.7rem; line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.3rem; line-height: 1.25; margin: 0 0 .5rem; }
h3 { font-size: 1.05rem; margin: 1.25rem 0 .5rem; }
h4 { font-size: 1rem; margin: 1rem 0 .5rem; }
.dim, figcaption, .play { color: var(--dim); font-size: .9rem; }
nav ol { padding-left: 1.75rem; }
nav li { padding: .2rem 0; }
section { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 1.25rem; }
figure { margin: .75rem 0; }
figcaption { margin-bottom: .2rem; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: .4rem; margin: .25rem 0 .75rem; padding: .6rem .75rem; overflow-x: auto; font-size: .85rem; line-height: 1.45; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
:not(pre) > code { background: var(--soft); border-radius: .25rem; padding: .08em .3em; font-size: .88em; }
.book pre { background: var(--book); }
.printed pre { background: transparent; border-style: dashed; }
.check { background: var(--good); border: 1px solid var(--line); border-radius: .4rem; margin: 1rem 0; padding: .1rem .9rem .6rem; }
.check h3 { margin-top: .75rem; }
.check > pre { background: var(--paper); }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; margin: .5rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem 1rem .3rem 0; text-align: left; vertical-align: top; }
td code { white-space: nowrap; }
@media (max-width: 30rem) { table { font-size: .8rem; } th, td { padding-right: .5rem; } }
details > summary { cursor: pointer; padding: .4rem 0; }
@media print {
  :root { color-scheme: light; --ink: #000; --paper: #fff; --soft: #f6f6f6; --line: #aaa; --dim: #333; --link: #000; --book: #fff; --good: #fff; }
  @page { margin: 16mm 14mm; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  pre { overflow: visible; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 9pt; }
  h1, h2, h3, h4, figcaption { break-after: avoid; }
  pre, figure, tr { break-inside: avoid; }
  .check { box-decoration-break: clone; -webkit-box-decoration-break: clone; }
  nav { break-after: page; }
  a { text-decoration: none; }
  .play { display: none; }
  details > summary { list-style: none; font-weight: bold; padding: 0; }
  details > summary::-webkit-details-marker { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
`;
