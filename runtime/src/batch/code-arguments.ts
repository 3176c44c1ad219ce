/** The arguments of a generated function: everything that is not a fixed piece of text gets a number and is passed in. */
export class CodeArguments {
  readonly names: string[] = [];
  readonly values: unknown[] = [];

  /** Passes a value in and gives the identifier by which the code reaches it. */
  pass(value: unknown): string {
    const name = `a${this.names.length}`;
    this.names.push(name);
    this.values.push(value);
    return name;
  }
}
