/** Records after which it is looked whether folding them was worth it. */
const trialRecords = 65_536;
/** Records that pass unfolded before the next trial. */
const passedRecords = 16 * trialRecords;
/** Rows sent for each record folded: with more than this, folding costs more than it saves. */
const mostRowsPerRecord = 0.5;

/** Watches how far folding before the exchange reduces what is sent, and says when records should rather pass as they are. */
export class Reduction {
  private records = 0;
  private rows = 0;
  private passing = 0;

  /** Whether the next so many records should pass. */
  letsPass(length: number): boolean {
    if (this.passing <= 0) return false;
    this.passing -= length;
    return true;
  }

  addRecords(count: number): void {
    this.records += count;
  }

  /** Rows that were sent for the records added. */
  addRows(count: number): void {
    this.rows += count;
    if (this.records < trialRecords) return;
    if (this.rows > this.records * mostRowsPerRecord) this.passing = passedRecords;
    this.records = 0;
    this.rows = 0;
  }
}
