// The numbers of a look by their cells, and what the ops make of them: products, and sums in float64.
import {type Cell, indexOf} from '../inside/cells.ts';
import type {Explanation, Operand, Term} from '../inside/explanation.ts';
import type {Look} from '../protocol.ts';

/** How a number came about, without the number itself. */
export type Result = Pick<Explanation, 'definition' | 'reason' | 'goesTo'>;

export class Numbers {
  /** @param shapes of the stations and weights, by name */
  constructor(
    private readonly look: Pick<Look, 'values' | 'gradients'>,
    private readonly shapes: Record<string, readonly number[]>,
  ) {}

  shape(of: string): readonly number[] {
    return this.shapes[of];
  }

  /** The number of a cell; undefined for the softmax's gradient, which no backend computes. */
  read({of, at, isGradient}: Cell): number | undefined {
    const {values, gradients} = this.look;
    return (isGradient ? gradients : values)[of]?.[indexOf(this.shapes[of], at)];
  }

  /** An element of a station's values or of a weight. */
  value(of: string, at: number[]): Operand {
    return this.operand({of, at, isGradient: false});
  }

  /** The gradient of an element: of one whose gradient backends compute. */
  gradient(of: string, at: number[]): Operand {
    return this.operand({of, at, isGradient: true});
  }

  private operand(cell: Cell): Operand {
    return {cell, value: this.read(cell)!};
  }
}

/** The product of one or two numbers. */
export const term = (...factors: Operand[]): Term => ({
  factors,
  value: factors.reduce((product, {value}) => product * value, 1),
});

/** The terms are added in their order. */
export const sum = (terms: Term[]): Result => ({
  definition: terms.reduce((total, {value}) => total + value, 0),
  reason: {kind: 'sum', terms},
});
