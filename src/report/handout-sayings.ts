/** Words of handouts that the Markdown and the HTML page share. Plain text where nothing else is said. */
export const sayings = {
  needs: 'What you need',
  steps: 'Steps',
  up: 'The machines, without any step played:',
  book: 'In the book (2014)',
  differs: 'What differs:',
  check: 'Check',
  hint: 'If it is not so',
  varies: "On the others, with that machine's own name and address.",
  chapter: (chapter: string): string => `Chapter ${chapter}`,
  artifactName: (name: string, onlyWith: string | undefined): string =>
    onlyWith === undefined ? name : `${name} (with the provider ${onlyWith} only)`,
  bookText: ({ command, output }: { command?: string; output?: string }): string =>
    [
      ...(command === undefined ? [] : [`$ ${command}`]),
      ...(output === undefined ? [] : [output.trimEnd()]),
    ].join('\n'),
  minNodes: (count: number): string => `With fewer than ${count} nodes this step is left out:`,
  within: (duration: string): string =>
    `It may take ${duration.replace(/s$/, ' seconds').replace(/m$/, ' minutes')}.`,
  file: (path: string, where: string, mode: string): string =>
    `Put this file ${where} as ${path}${mode === '0644' ? '' : ` (mode ${mode})`}`,
  artifact: (path: string, where: string, member: string | undefined): string =>
    `Put ${member === undefined ? 'this file' : `${member} out of this archive`} ${where} as ${path}:`,
  power: (machine: string, power: 'stop' | 'start'): string =>
    power === 'stop' ? `Stop the machine ${machine}.` : `Start the machine ${machine} again.`,
  printed: (machines: readonly string[]): string =>
    machines.length === 0 ? 'This was printed' : `This was printed on ${machines.join(', ')}`,
} as const;
