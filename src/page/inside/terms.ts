// The terms of a reason, whatever its kind: `inside.term` is an index of this list.
import type {Cell} from './cells.ts';
import type {Reason} from './explanation.ts';

export interface Part {
  value: number;
  /** The cells that it is made of: the first is where Enter leads, the second where Shift+Enter does. */
  cells: Cell[];
}

export function partsOf(reason: Reason): Part[] {
  switch (reason.kind) {
    case 'given':
      return [];
    case 'sum':
      return reason.terms.map(({value, factors}) => ({
        value,
        cells: factors.map(({cell}) => cell),
      }));
    case 'largest':
      return reason.candidates.map(({value, cell}) => ({value, cells: [cell]}));
    case 'gate':
      return [reason.input, ...(reason.dy ? [reason.dy] : [])].map(({value, cell}) => ({
        value,
        cells: [cell],
      }));
    case 'routed':
      return reason.windows.map(({dy, winner, isHere}) => ({
        value: isHere ? dy.value : 0,
        cells: [dy.cell, winner],
      }));
    case 'share':
      return reason.parts.map(({logit, exp}) => ({value: exp, cells: [logit.cell]}));
    default:
      return [{value: reason.p.value, cells: [reason.p.cell]}];
  }
}

/** The index of the term with the largest magnitude; 0 if there is none. */
export const largestOf = (parts: readonly {value: number}[]): number =>
  parts.reduce((best, {value}, i) => (Math.abs(value) > Math.abs(parts[best].value) ? i : best), 0);
