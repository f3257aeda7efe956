// How one number of the network came about, as data: the cell panel writes it, and the stage marks the cells that it names.
import type {Cell} from './cells.ts';

/** A number that stands in the network, and where. */
export interface Operand {
  cell: Cell;
  value: number;
}

/** A term of a sum: the product of its factors, in float64. A bias is a term of one factor. */
export interface Term {
  factors: Operand[];
  value: number;
}

/** How the number follows from others. Sums run in the order of the definition's loops, and begin with a bias if there is one. */
export type Reason =
  /** A pixel or a weight: it was drawn, or trained, and nothing in this pass made it. The loss's own gradient is 1. */
  | {kind: 'given'}
  /** conv2d, dense, and every gradient that is a sum. `terms` may be empty: then the sum is 0. */
  | {kind: 'sum'; terms: Term[]}
  /** maxPool: the largest of its window. `winner` is an index in `candidates`. */
  | {kind: 'largest'; candidates: Operand[]; winner: number}
  /** relu: the input if it is above 0, else 0. Backward: dy where the input is above 0, else 0. */
  | {kind: 'gate'; input: Operand; dy?: Operand; isOpen: boolean}
  /** The gradient of maxPool's input: the sum of the dy of the windows in which this cell is the largest. */
  | {kind: 'routed'; windows: {dy: Operand; winner: Cell; isHere: boolean}[]}
  /** softmax: exp of each logit less `shift`, their sum, and this class's share. `shift` is 0 unless exp would overflow. */
  | {
      kind: 'share';
      parts: {logit: Operand; exp: number}[];
      shift: number;
      sum: number;
      mine: number;
    }
  /** loss: −log p of the label, in nats. `share`, here and below: p in float64, from the logits, which the op takes. */
  | {kind: 'log'; p: Operand; share: number; label: number}
  /** The gradient of a logit: p − 1 for the label's class, p for the others. */
  | {kind: 'difference'; p: Operand; share: number; label: number}
  /** The gradient of p: −1 / p for the label's class, 0 for the others. No backend computes it: softmax and loss are one op. */
  | {kind: 'inverse'; p: Operand; share: number; isLabel: boolean};

export interface Explanation {
  cell: Cell;
  /** The float32 number of the running backend; undefined where no backend computes it. */
  value: number | undefined;
  /** The same from the same inputs by the definition, in float64. */
  definition: number;
  reason: Reason;
  /** Of a pool's gradient cell: the cell of its window that the gradient goes on to. */
  goesTo?: Cell;
}

/** The loss with one weight moved by ± `epsilon`, in float64, and the quotient (above − below) / 2 epsilon. */
export interface Nudge {
  epsilon: number;
  below: number;
  above: number;
  quotient: number;
  /** The gradient of the whole network in float64, which the quotient approaches. */
  gradient: number;
  /** True if a relu or a pool goes another way below than above even at the smallest epsilon: a kink, where the two may differ. */
  isKinked: boolean;
}

/** One step on one weight, in float64. */
export interface Update {
  before: number;
  learningRate: number;
  gradient: number;
  /** Momentum's, before the step; undefined with the recipe `sgd`. */
  velocity?: number;
  after: number;
}
