// sparse: the gradients of conv2d where most of dy is 0
//   backward   dW[wR, wC, d1, d2] = sum of  x[b, xR, xC, d1]      dy[b, yR, yC, d2]
//              dx[b, xR, xC, d1]  = sum of  filter[wR, wC, d1, d2] dy[b, yR, yC, d2]
//   with       xR = yR sH + wR dilH - padT      xC = yC sW + wC - padL      (dilW = 1)
//   over those b, yR, yC, d2 alone whose dy isn't 0
//
// In training that is one in eight: a max-pool of 2 by 2 passes its gradient on to one element in
// four, and relu stops half of these. The zeros lie scattered over d2, along which conv2d.ts runs
// its vectors, so that it can't leave any out. Here a number of dy is what is spread over a vector,
// and vectors run along a row of its window instead: (wC, d1), kW C neighbours in x.
//
// First the numbers that aren't 0 are listed, channel by channel. Nothing branches on them, as no
// processor could guess them: each is written to the end of its list, which moves on only if it
// isn't 0. Then five vectors of a window at a time stay in registers while the list goes by: sums of
// dW, or for dx the filter's. Five of 15 registers, as V8 moves all loads of a loop body in front of
// its arithmetic, so that five of x are there at the same time.

import {F32, multiplyAdd} from './vector';

/** Vectors of a window that are in registers. */
const TILE: i32 = 5;
const TILE_BYTES: usize = <usize>TILE * 16;

/** Positions listed at a time: enough to forget the loop's start, and x is still in the cache. */
const POSITIONS = 512;

/** An entry of a list: where the window begins, in bytes, and the number of dy. */
const ENTRY: usize = 8;

/** Channels listed at a time. */
const LANES = 4;

/** Where the lists of those channels end. */
const ends = memory.data(LANES * sizeof<usize>(), 16);

/** True if these loops are the faster ones where most of dy is 0. */
export function canBeSparse(window: i32, K: i32, dilW: i32): bool {
  // To list an eighth of dy costs as much as the dense kernels take for windows of about 30 numbers.
  return dilW == 1 && window >= 24 && K >= LANES;
}

/**
 * True if these loops are the faster ones. They leave out 0 times a number, which is not 0 if the
 * number is infinite or NaN: that can't be had here.
 */
export function isSparse(
  dy: usize, dySize: i32, other: usize, otherSize: i32, window: i32, K: i32, dilW: i32,
): bool {
  return canBeSparse(window, K, dilW) && isMostlyZero(dy, dySize) && allFinite(other, otherSize);
}

/** One vector in so many is looked at: an odd number, so that all channels get their turn. */
const SAMPLE = 7;

/** True if, by a sample, at most a quarter isn't 0. To be wrong costs time and nothing else. */
function isMostlyZero(x: usize, N: i32): bool {
  const zero = f32x4.splat(0);
  let counts = i32x4.splat(0);
  let seen = 0;
  for (let i = 0; i <= N - 4; i += 4 * SAMPLE, seen += 4)
    counts = i32x4.sub(counts, f32x4.ne(v128.load(x + <usize>i * F32), zero));
  const count = i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1) +
    i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
  return count <= seen / 4;
}

/** True if no number is infinite or NaN: x - x is 0 then, with no bit set. */
export function allFinite(x: usize, N: i32): bool {
  let a = f32x4.splat(0), b = a, c = a, d = a;
  let i = 0;
  for (; i <= N - 16; i += 16, x += 16 * F32) {
    const x0 = v128.load(x), x1 = v128.load(x, 16), x2 = v128.load(x, 32), x3 = v128.load(x, 48);
    a = v128.or(a, f32x4.sub(x0, x0));
    b = v128.or(b, f32x4.sub(x1, x1));
    c = v128.or(c, f32x4.sub(x2, x2));
    d = v128.or(d, f32x4.sub(x3, x3));
  }
  let finite = !v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)));
  for (; i < N; ++i, x += F32) {
    const xi = load<f32>(x);
    if (xi - xi != 0) finite = false;
  }
  return finite;
}

// A window is cut into vectors, each row from its first number on. What the last vector of a row has too many is multiplied
// by 0, or never looked at. A tile that lies in one row is a run: one address serves its vectors. Where rows aren't made of
// whole tiles, vectors are taken column by column, so that few tiles lack any.

const rowVectors = (kW: i32, C: i32): i32 => (kW * C + 3) / 4;

const tilesOf = (kH: i32, kW: i32, C: i32): i32 => (kH * rowVectors(kW, C) + TILE - 1) / TILE;

const tilesAreRuns = (kW: i32, C: i32): bool => rowVectors(kW, C) % TILE == 0;

/** Which of a window's vectors begins at wR and 4 column. */
function vectorAt(wR: i32, column: i32, kH: i32, kW: i32, C: i32): i32 {
  return tilesAreRuns(kW, C) ? wR * rowVectors(kW, C) + column : column * kH + wR;
}

/** Where in x, counted from the window's beginning, each of its vectors begins. */
function setVectors(vectors: usize, kH: i32, kW: i32, C: i32, down: usize): void {
  const inRow = rowVectors(kW, C);
  let at: usize = 0;
  for (let column = 0; column < inRow; ++column) {
    for (let wR = 0; wR < kH; ++wR) {
      at = <usize>wR * down + <usize>column * 16;
      store<usize>(vectors + <usize>vectorAt(wR, column, kH, kW, C) * sizeof<usize>(), at);
    }
  }
  for (let i = kH * inRow; i < tilesOf(kH, kW, C) * TILE; ++i) // the last tile is filled up
    store<usize>(vectors + <usize>i * sizeof<usize>(), at);
}

/** Bytes of so many frames and a vector beyond, up to where the next vector may begin. */
const framesSize = (images: i32, paddedH: i32, paddedW: i32, C: i32): f64 =>
  Math.ceil((<f64>images * paddedH * paddedW * C * F32 + 32) / 16) * 16;

const imagesAtOnce = (B: i32, yH: i32, yW: i32): i32 =>
  <i32>min(<f64>B, max(1.0, Math.floor(POSITIONS / (<f64>yH * yW))));

/** Bytes of `scratch`. */
export function sparseScratch(
  B: i32, C: i32, kH: i32, kW: i32, K: i32, yH: i32, yW: i32, framed: bool, paddedH: i32,
  paddedW: i32,
): f64 {
  const tiles: f64 = tilesOf(kH, kW, C), images = imagesAtOnce(B, yH, yW);
  const numbers = tiles * K * TILE_BYTES;
  const lists = (<f64>images * yH * yW + 1) * LANES * ENTRY;
  const vectors = tiles * TILE * sizeof<usize>();
  return numbers + (framed ? framesSize(images, paddedH, paddedW, C) : 0) + lists + vectors;
}

/** True if the windows can't lie in x or dx itself. */
export function sparseIsFramed(
  toInput: bool, H: i32, W: i32, C: i32, kW: i32, paddedH: i32, paddedW: i32,
): bool {
  // The last vector of a row may reach beyond the window, which mustn't be added to anything.
  return paddedH != H || paddedW != W || (toInput && (kW * C) % 4 != 0);
}

/** Lists what isn't 0 in four channels of dy; windows lie `right` and `down` and `image` apart. */
function list(
  dy: usize, K: i32, images: i32, yH: i32, yW: i32, image: usize, down: usize, right: usize,
  lists: usize, listSize: usize,
): void {
  const zero = f32x4.splat(0), pixel = <usize>K * F32;
  let e0 = lists, e1 = e0 + listSize, e2 = e1 + listSize, e3 = e2 + listSize;
  for (let b = 0; b < images; ++b) {
    for (let yR = 0; yR < yH; ++yR) {
      let at = <usize>b * image + <usize>yR * down;
      for (let yC = 0; yC < yW; ++yC) {
        const dyi = v128.load(dy), window = i32x4.splat(<i32>at);
        const low = i32x4.shuffle(window, dyi, 0, 4, 1, 5);
        const high = i32x4.shuffle(window, dyi, 2, 6, 3, 7);
        v128.store64_lane(e0, low, 0);
        v128.store64_lane(e1, low, 1);
        v128.store64_lane(e2, high, 0);
        v128.store64_lane(e3, high, 1);
        const isThere = i32x4.bitmask(f32x4.ne(dyi, zero));
        e0 += <usize>((isThere & 1) << 3);
        e1 += <usize>((isThere & 2) << 2);
        e2 += <usize>((isThere & 4) << 1);
        e3 += <usize>(isThere & 8);
        dy += pixel;
        at += right;
      }
    }
  }
  store<usize>(ends, e0);
  store<usize>(ends, e1, sizeof<usize>());
  store<usize>(ends, e2, 2 * sizeof<usize>());
  store<usize>(ends, e3, 3 * sizeof<usize>());
}

// `runs` is a constant where these are inlined.

/** sums [tiles] += window of x times the number of dy, over a list */
@inline
function gather(
  runs: bool, x: usize, from: usize, end: usize, vectors: usize, tiles: i32, sums: usize,
): void {
  for (let tile = 0; tile < tiles; ++tile) {
    const x0 = x + load<usize>(vectors), x1 = x + load<usize>(vectors, 4);
    const x2 = x + load<usize>(vectors, 8), x3 = x + load<usize>(vectors, 12);
    const x4 = x + load<usize>(vectors, 16);
    let s0 = v128.load(sums), s1 = v128.load(sums, 16), s2 = v128.load(sums, 32);
    let s3 = v128.load(sums, 48), s4 = v128.load(sums, 64);
    for (let entry = from; entry < end; entry += ENTRY) {
      const at = load<usize>(entry), dyi = v128.load32_splat(entry, 4);
      const run = x0 + at;
      s0 = multiplyAdd(dyi, v128.load(run), s0);
      s1 = multiplyAdd(dyi, runs ? v128.load(run, 16) : v128.load(x1 + at), s1);
      s2 = multiplyAdd(dyi, runs ? v128.load(run, 32) : v128.load(x2 + at), s2);
      s3 = multiplyAdd(dyi, runs ? v128.load(run, 48) : v128.load(x3 + at), s3);
      s4 = multiplyAdd(dyi, runs ? v128.load(run, 64) : v128.load(x4 + at), s4);
    }
    v128.store(sums, s0);
    v128.store(sums, s1, 16);
    v128.store(sums, s2, 32);
    v128.store(sums, s3, 48);
    v128.store(sums, s4, 64);
    vectors += <usize>TILE * sizeof<usize>();
    sums += TILE_BYTES;
  }
}

/** window of dx += filter [tiles] times the number of dy, over a list */
@inline
function scatter(
  runs: bool, dx: usize, from: usize, end: usize, vectors: usize, tiles: i32, filter: usize,
): void {
  for (let tile = 0; tile < tiles; ++tile) {
    const dx0 = dx + load<usize>(vectors), dx1 = dx + load<usize>(vectors, 4);
    const dx2 = dx + load<usize>(vectors, 8), dx3 = dx + load<usize>(vectors, 12);
    const dx4 = dx + load<usize>(vectors, 16);
    const f0 = v128.load(filter), f1 = v128.load(filter, 16), f2 = v128.load(filter, 32);
    const f3 = v128.load(filter, 48), f4 = v128.load(filter, 64);
    for (let entry = from; entry < end; entry += ENTRY) {
      const at = load<usize>(entry), dyi = v128.load32_splat(entry, 4);
      const run = dx0 + at;
      v128.store(run, multiplyAdd(dyi, f0, v128.load(run)));
      if (runs) {
        v128.store(run, multiplyAdd(dyi, f1, v128.load(run, 16)), 16);
        v128.store(run, multiplyAdd(dyi, f2, v128.load(run, 32)), 32);
        v128.store(run, multiplyAdd(dyi, f3, v128.load(run, 48)), 48);
        v128.store(run, multiplyAdd(dyi, f4, v128.load(run, 64)), 64);
      } else {
        v128.store(dx1 + at, multiplyAdd(dyi, f1, v128.load(dx1 + at)));
        v128.store(dx2 + at, multiplyAdd(dyi, f2, v128.load(dx2 + at)));
        v128.store(dx3 + at, multiplyAdd(dyi, f3, v128.load(dx3 + at)));
        v128.store(dx4 + at, multiplyAdd(dyi, f4, v128.load(dx4 + at)));
      }
    }
    vectors += <usize>TILE * sizeof<usize>();
    filter += TILE_BYTES;
  }
}

// Both gradients go through the same lists and windows; only what is added to what differs. Images
// are copied into frames of zeros, so that windows may reach into padding; without padding they are
// used where they are.
@inline
function overLists(
  toInput: bool, image: usize, dy: usize, filter: usize, scratch: usize, B: i32, H: i32, W: i32,
  C: i32, kH: i32, kW: i32, K: i32, yH: i32, yW: i32, sH: i32, sW: i32, dilH: i32, padT: i32,
  padL: i32, paddedH: i32, paddedW: i32,
): void {
  const tiles = tilesOf(kH, kW, C), images = imagesAtOnce(B, yH, yW);
  const framed = sparseIsFramed(toInput, H, W, C, kW, paddedH, paddedW);
  const pixel = <usize>C * F32, row = <usize>W * pixel, paddedRow = <usize>paddedW * pixel;
  const frame = <usize>paddedH * paddedRow, corner = <usize>padT * paddedRow + <usize>padL * pixel;
  const down = <usize>sH * paddedRow, right = <usize>sW * pixel;
  const filterSize = <usize>tiles * TILE_BYTES, listSize = <usize>(images * yH * yW + 1) * ENTRY;
  const turned = scratch, frames = turned + <usize>K * filterSize;
  const lists = frames + (framed ? <usize>framesSize(images, paddedH, paddedW, C) : 0);
  const vectors = lists + <usize>LANES * listSize;

  const runs = tilesAreRuns(kW, C);
  setVectors(vectors, kH, kW, C, <usize>dilH * paddedRow);
  memory.fill(turned, 0, <usize>K * filterSize);
  if (toInput) turn(true, filter, turned, kH, kW, C, K, filterSize);
  if (framed) memory.fill(frames, 0, <usize>images * frame);
  for (let b = 0; b < B; b += images) {
    const count = min(images, B - b);
    const windows = framed ? frames : image;
    if (toInput && (b > 0 || !framed)) memory.fill(windows, 0, <usize>count * frame);
    if (!toInput && framed) {
      for (let i = 0; i < count * H; ++i)
        memory.copy(
          frames + corner + <usize>(i / H) * frame + <usize>(i % H) * paddedRow,
          image + <usize>i * row,
          row,
        );
    }
    for (let d2 = 0; d2 < K; d2 += LANES) {
      list(dy + <usize>d2 * F32, K, count, yH, yW, frame, down, right, lists, listSize);
      for (let lane = 0; lane < min(LANES, K - d2); ++lane) {
        const from = lists + <usize>lane * listSize;
        const end = load<usize>(ends + <usize>lane * sizeof<usize>());
        const taps = turned + <usize>(d2 + lane) * filterSize;
        if (runs) {
          if (toInput) scatter(true, windows, from, end, vectors, tiles, taps);
          else gather(true, windows, from, end, vectors, tiles, taps);
        } else {
          if (toInput) scatter(false, windows, from, end, vectors, tiles, taps);
          else gather(false, windows, from, end, vectors, tiles, taps);
        }
      }
    }
    if (toInput && framed) {
      for (let i = 0; i < count * H; ++i)
        memory.copy(
          image + <usize>i * row,
          frames + corner + <usize>(i / H) * frame + <usize>(i % H) * paddedRow,
          row,
        );
    }
    image += <usize>(count * H) * row;
    dy += <usize>(count * yH * yW * K) * F32;
  }
  if (!toInput) turn(false, filter, turned, kH, kW, C, K, filterSize);
}

/** filter [kH, kW, C, K] to [K, vectors of the window], or back. */
@inline
function turn(
  there: bool, filter: usize, turned: usize, kH: i32, kW: i32, C: i32, K: i32, filterSize: usize,
): void {
  for (let wR = 0; wR < kH; ++wR) {
    for (let wCd1 = 0; wCd1 < kW * C; ++wCd1) {
      let at = turned + <usize>(vectorAt(wR, wCd1 / 4, kH, kW, C) * 4 + wCd1 % 4) * F32;
      for (let d2 = 0; d2 < K; ++d2, filter += F32, at += filterSize) {
        if (there) store<f32>(at, load<f32>(filter));
        else store<f32>(filter, load<f32>(at));
      }
    }
  }
}

export function sparseFilterGradient(
  x: usize, dy: usize, dW: usize, scratch: usize, B: i32, H: i32, W: i32, C: i32, kH: i32, kW: i32,
  K: i32, yH: i32, yW: i32, sH: i32, sW: i32, dilH: i32, padT: i32, padL: i32, paddedH: i32,
  paddedW: i32,
): void {
  overLists(
    false, x, dy, dW, scratch, B, H, W, C, kH, kW, K, yH, yW, sH, sW, dilH, padT, padL, paddedH,
    paddedW,
  );
}

export function sparseInputGradient(
  dy: usize, filter: usize, dx: usize, scratch: usize, B: i32, H: i32, W: i32, C: i32, kH: i32,
  kW: i32, K: i32, yH: i32, yW: i32, sH: i32, sW: i32, dilH: i32, padT: i32, padL: i32,
  paddedH: i32, paddedW: i32,
): void {
  overLists(
    true, dx, dy, filter, scratch, B, H, W, C, kH, kW, K, yH, yW, sH, sW, dilH, padT, padL, paddedH,
    paddedW,
  );
}
