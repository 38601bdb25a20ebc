/** A form that a text must have. */
export interface TextForm {
  pattern: RegExp;
  /** Ends the sentence `It must be ...`. */
  described: string;
}

/** What may stand at one place of a cloud-config. */
export type KeySpec =
  | { type: 'text'; form?: TextForm; variable?: string }
  | { type: 'integer' | 'number' | 'boolean'; variable?: string }
  | { type: 'list'; items: KeySpec }
  | {
      type: 'section';
      keys: Readonly<Record<string, KeySpec>>;
      required?: readonly string[];
      /** What is wrong with the keys together. */
      check?: (value: Readonly<Record<string, unknown>>) => string | undefined;
    };

export type SectionSpec = Extract<KeySpec, { type: 'section' }>;
