/** Names a side output and carries the type of its records. */
export interface OutputTag<T> {
  readonly name: string;
  /** Only for the compiler. */
  readonly recordType?: T;
}

/** A tag for a side output, e.g. `const late = outputTag<Order>('late')`. Tags with the same name are the same output. */
export const outputTag = <T>(name: string): OutputTag<T> => ({ name });
