export interface MeasureSettings {
  readonly jobs: number;
  readonly foreignPods: number;
  /** For the operator's Node. */
  readonly nodeFlags: readonly string[];
  /** Absent = what `npm run build` makes. */
  readonly program?: string | undefined;
  readonly print: (line: string) => void;
}

/** One measure: figures by their names, for JSON. */
export type Measure = (settings: MeasureSettings) => Promise<Readonly<Record<string, unknown>>>;
