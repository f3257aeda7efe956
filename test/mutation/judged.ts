// Mutants that no test can or should notice, each with its reason. They aren't run.

export interface Judged {
  file: string;
  /** The line, without its indentation. */
  before: string;
  after: string;
  reason: string;
}

export const judged: Judged[] = [];
