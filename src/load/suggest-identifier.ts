/** The valid identifier that comes closest to a text: `My Lab!` gives `my-lab`; undefined where nothing of it can be kept. */
export function suggestIdentifier(text: string): string | undefined {
  const plain = text.normalize('NFKD').replace(/\p{Mn}/gu, '');
  const words = plain
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  const suggestion = words
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return suggestion === '' ? undefined : suggestion;
}
