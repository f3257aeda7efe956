// matmul: a product of two matrices of any sizes, each as it lies in memory or transposed
//   y [rows, columns]  =  start [columns]  +  a [rows, n] b [n, columns]
//
// product.ts does the arithmetic, in tiles of 4 rows by 8 columns. At each step a tile reads 4 numbers of
// a and 8 of b, and from one step to the next it moves by a row or a column of the matrix. In a large
// matrix that is kilobytes: too few steps stay in the first cache until the next tile comes by. Therefore
// a large product first copies blocks of its matrices in the order of a tile's steps:
//
//   a block of a has fours of rows:         a[row + 0 to 3][i]        for i = 0, 1, 2, ...
//   a block of b has eights of columns:     b[i][column + 0 to 7]     for i = 0, 1, 2, ...
//
// A copied number of a serves all columns of b's block, a number of b all rows of a. In a small product
// these are too few to pay for the copy: it reads the matrices where they lie. Two kinds are copied even
// then: a b whose neighbours in a row aren't side by side, and a matrix with steps of whole pages, which
// all fall on the same few places of a cache.

import {COLUMNS, ROWS, product, productOfNeighbours, setPair, tableSize} from './product';
import {F32} from './vector';

// What a block has at most. Eight columns of b take 8 KiB, a quarter of a small first cache; the blocks of
// a and b take 128 and 512 KiB of the second.
const ROWS_AT_ONCE = 128;
const COLUMNS_AT_ONCE = 512;
const STEPS_AT_ONCE = 256;

/** In a large product 1 / rows + 1 / columns, what the copies add to each multiply-add, is at most 1 / LARGE. */
const LARGE: f64 = 56;

const PAGE: usize = 4096;

/** Bytes of so many lines of a block: rows of a or columns of b, with whole fours of steps. */
function lineBytes(lines: i32, steps: i32): usize {
  return <usize>(lines * ((steps + 3) & -4)) * F32;
}

/** Bytes of a block with room for the first `lines` and n of a matrix. */
function blockBytes(lines: i32, n: i32): usize {
  return lineBytes((lines + COLUMNS - 1) & -COLUMNS, min(n, STEPS_AT_ONCE));
}

/** Bytes of `scratch`. */
export function matMulScratch(rows: i32, n: i32, columns: i32): f64 {
  const rowsAtOnce = min(rows, ROWS_AT_ONCE), columnsAtOnce = min(columns, COLUMNS_AT_ONCE);
  return tableSize(1) + tableSize(rowsAtOnce) + <f64>(blockBytes(rowsAtOnce, n) + blockBytes(columnsAtOnce, n));
}

/** The pieces that parts are made of: fours of rows, or eights of columns if these are more. */
export function matMulUnits(rows: i32, columns: i32): i32 {
  return max((rows + ROWS - 1) / ROWS, (columns + COLUMNS - 1) / COLUMNS);
}

/**
 * The product above, `count` units of it from `first` on; without `start` (0) the sums begin with 0. In
 * bytes, a[row][i] lies at a + row aRow + i aStep, and b[i][column] at b + i bStep + column bColumn. One of
 * aRow and aStep is F32, and one of bStep and bColumn.
 */
export function matMul(
  a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, bColumn: usize, start: usize, y: usize,
  scratch: usize, rows: i32, n: i32, columns: i32, first: i32, count: i32,
): void {
  const yRow = <usize>columns * F32;
  const isLarge = LARGE * (<f64>rows + columns) <= <f64>rows * columns;
  const copiesA = isLarge || (aStep % PAGE == 0 && columns > COLUMNS);
  const copiesB = isLarge || bColumn != F32 || (bStep % PAGE == 0 && rows > 2 * ROWS);
  if (matMulUnits(rows, 1) >= matMulUnits(1, columns)) {
    a += <usize>(first * ROWS) * aRow;
    y += <usize>(first * ROWS) * yRow;
    rows = min(count * ROWS, rows - first * ROWS);
  } else {
    b += <usize>(first * COLUMNS) * bColumn;
    if (start) start += <usize>(first * COLUMNS) * F32;
    y += <usize>(first * COLUMNS) * F32;
    columns = min(count * COLUMNS, columns - first * COLUMNS);
  }

  const vStep = copiesB ? <usize>COLUMNS * F32 : bStep;
  const rowsAtOnce = min(rows, ROWS_AT_ONCE);
  const run = scratch, table = run + <usize>tableSize(1), aBlock = table + <usize>tableSize(rowsAtOnce);
  const bBlock = aBlock + blockBytes(rowsAtOnce, n);
  setPair(run, 0, 0, 0);
  for (let i = 0; i < n; i += STEPS_AT_ONCE) {
    const steps = min(STEPS_AT_ONCE, n - i), isFirst = i == 0;
    for (let column = 0; column < columns; column += COLUMNS_AT_ONCE) {
      // Anew for each block of columns: for the last rows of the one before, `product` may have filled up a tile over it.
      for (let row = 0; row < rowsAtOnce; ++row)
        setPair(table, row, copiesA ? lineBytes(row & -ROWS, steps) : <usize>row * aRow, <usize>row * yRow);
      const columnCount = min(COLUMNS_AT_ONCE, columns - column);
      const bAt = b + <usize>i * bStep + <usize>column * bColumn;
      if (copiesB) copyBlock(bAt, bColumn, bStep, columnCount, steps, COLUMNS, bBlock);
      for (let row = 0; row < rows; row += ROWS_AT_ONCE) {
        const rowCount = min(ROWS_AT_ONCE, rows - row);
        const aAt = a + <usize>row * aRow + <usize>i * aStep;
        if (copiesA) copyBlock(aAt, aRow, aStep, rowCount, steps, ROWS, aBlock);
        for (let eight = 0; eight < columnCount; eight += COLUMNS) {
          const v = copiesB ? bBlock + lineBytes(eight, steps) : bAt + <usize>eight * F32;
          const right = <usize>(column + eight) * F32, inTile = min(COLUMNS, columnCount - eight);
          const startAt = start && isFirst ? start + right : 0, out = y + <usize>row * yRow + right;
          if (copiesA)
            productOfNeighbours(
              table, rowCount, run, 1, steps, aBlock, <usize>ROWS * F32, v, vStep, startAt, !isFirst, out, inTile,
            );
          else product(table, rowCount, run, 1, steps, aAt, aStep, v, vStep, startAt, !isFirst, out, inTile);
        }
      }
    }
  }
}

/**
 * `count` of many such products from `first` on. From one's matrices to the next it is aNext and bNext bytes:
 * 0 where one matrix serves all.
 */
export function batchMatMul(
  a: usize, aNext: usize, aRow: usize, aStep: usize, b: usize, bNext: usize, bStep: usize, bColumn: usize,
  start: usize, y: usize, scratch: usize, rows: i32, n: i32, columns: i32, first: i32, count: i32,
): void {
  const yNext = <usize>(rows * columns) * F32, units = matMulUnits(rows, columns);
  for (let product = <usize>first; product < <usize>(first + count); ++product)
    matMul(
      a + product * aNext, aRow, aStep, b + product * bNext, bStep, bColumn, start, y + product * yNext, scratch,
      rows, n, columns, 0, units,
    );
}

/**
 * Copies `lines` by `steps` of a matrix, which lie `line` and `step` apart, to a block in which `width`
 * lines are side by side: ROWS or COLUMNS. Rows that lack in the last four repeat the last one, as `product`
 * stores it again. What stands for columns that lack is never stored.
 */
function copyBlock(
  from: usize, line: usize, step: usize, lines: i32, steps: i32, width: i32, block: usize,
): void {
  for (let first = 0; first < lines; first += width, from += <usize>width * line) {
    const to = block + lineBytes(first, steps), count = min(width, lines - first);
    if (line == F32 && (count == width || width == COLUMNS)) {
      copyAdjacentLines(from, step, steps, width, to);
    } else {
      for (let four = 0; four < count; four += 4)
        copyFour(from + <usize>four * line, line, step, count - four, steps, to + <usize>four * F32, width);
    }
  }
}

/** 4 or 8 lines that are side by side already */
function copyAdjacentLines(from: usize, step: usize, steps: i32, width: i32, to: usize): void {
  for (let i = 0; i < steps; ++i, from += step, to += <usize>width * F32) {
    v128.store(to, v128.load(from));
    if (width > 4) v128.store(to, v128.load(from, 16), 16);
  }
}

/** 4 lines anywhere, or fewer and the last one again */
function copyFour(
  from: usize, line: usize, step: usize, lines: i32, steps: i32, to: usize, width: i32,
): void {
  const toStep = <usize>width * F32;
  if (lines >= 4 && step == F32) {
    transposeFour(from, line, steps, to, toStep);
    return;
  }
  for (let i = 0; i < steps; ++i, from += step, to += toStep) {
    for (let lane = 0; lane < 4; ++lane)
      store<f32>(to + <usize>lane * F32, load<f32>(from + <usize>min(lane, lines - 1) * line));
  }
}

/** 4 lines whose steps are side by side, four steps at a time */
function transposeFour(from: usize, line: usize, steps: i32, to: usize, toStep: usize): void {
  const from1 = from + line, from2 = from1 + line, from3 = from2 + line;
  for (let i: usize = 0; i < <usize>steps * F32; i += 4 * F32, to += 4 * toStep) {
    const x0 = v128.load(from + i), x1 = v128.load(from1 + i);
    const x2 = v128.load(from2 + i), x3 = v128.load(from3 + i);
    const low01 = i32x4.shuffle(x0, x1, 0, 4, 1, 5), high01 = i32x4.shuffle(x0, x1, 2, 6, 3, 7);
    const low23 = i32x4.shuffle(x2, x3, 0, 4, 1, 5), high23 = i32x4.shuffle(x2, x3, 2, 6, 3, 7);
    v128.store(to, i64x2.shuffle(low01, low23, 0, 2));
    v128.store(to + toStep, i64x2.shuffle(low01, low23, 1, 3));
    v128.store(to + 2 * toStep, i64x2.shuffle(high01, high23, 0, 2));
    v128.store(to + 3 * toStep, i64x2.shuffle(high01, high23, 1, 3));
  }
}
