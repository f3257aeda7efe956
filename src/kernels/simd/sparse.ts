// sparse: the gradients of conv2d where most of dy is 0
//   backward   dFilter[wR, wC, d1, d2] = sum of  x[b, xR, xC, d1]       dy[b, yR, yC, d2]
//              dx[b, xR, xC, d1]       = sum of  filter[wR, wC, d1, d2] dy[b, yR, yC, d2]
//   with       xR = yR sH + wR dilH - padT      xC = yC sW + wC - padL      (dilW = 1)
//   over those b, yR, yC, d2 alone whose dy isn't 0
//
// In training one number of dy in eight isn't 0: a max-pool of 2 by 2 passes its gradient to one element
// in four, and relu stops half of these. conv2d.ts can't leave the zeros out: its vectors run along d2,
// where zeros and other numbers are mixed. Here a vector holds one number of dy in all lanes, and other
// vectors run along a row of its window: (wC, d1), kW C neighbours in x.
//
// First the numbers that aren't 0 are listed, channel by channel, without a branch, which no processor
// could predict: each number is written to the end of its list, and the end moves only if the number
// isn't 0. Then a loop over a list keeps five vectors of the window in registers: sums of dFilter, or
// for dx elements of the filter. Not more than five, because V8 moves all loads of a loop body in front
// of its arithmetic: five vectors of x take registers too, of 15.
//
// Where dy is the gradient of a max-pool, it need not be written: its numbers are listed from the pool's own dy, a quarter as many,
// and the positions of the maxima.

import {Geometry} from './geometry';
import {own} from './own';
import {F32, multiplyAdd} from './vector';

/** Vectors of a window in registers. */
const TILE: i32 = 5;
const TILE_BYTES: usize = <usize>TILE * 16;

/** Output positions listed at a time: long enough to amortise the set-up, short enough for x to stay in cache. */
const POSITIONS = 512;

/** Bytes of a list's entry: where the window begins, in bytes, and the number of dy. */
const ENTRY: usize = 8;

/** Channels listed at a time. */
const LANES = 4;

// A position up to MOST_POSITIONS times DIVISOR / poolW, rounded up, is the position / poolW after the shift.
const MOST_POSITIONS = 256, SHIFT = 16, DIVISOR = 1 << SHIFT;

/** Where the lists of those channels end. */
const ends = own(LANES * sizeof<usize>());

/** True if these loops are the faster ones where most of dy is 0. */
export function canBeSparse(g: Geometry): bool {
  // To list an eighth of dy costs as much as the dense kernels take for windows of about 30 taps.
  return g.dilW == 1 && g.taps >= 24 && g.K >= LANES;
}

/**
 * True if these loops are the faster ones, and right: skipping zeros is exact only if the other
 * factor is finite, since 0 times an infinity or NaN is NaN.
 */
export function isSparse(dy: usize, other: usize, otherSize: i32, g: Geometry): bool {
  return canBeSparse(g) && isMostlyZero(dy, g.ySize) && allFinite(other, otherSize);
}

/** One vector of this many is sampled. The number is odd, so that every channel is sampled. */
const SAMPLE = 7;

/** True if at most a quarter of a sample isn't 0. A wrong answer costs time only. */
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

// A window is cut into vectors, row by row. The last vector of a row may reach beyond the window: there it is multiplied by 0, or
// its sums are never read. A tile within one row is a run: one address serves its vectors. If rows aren't made of whole tiles,
// vectors are taken column by column, so that only the last tile lacks vectors.

const vectorsInRow = (g: Geometry): i32 => (g.kW * g.C + 3) / 4;

const tilesOf = (g: Geometry): i32 => (g.kH * vectorsInRow(g) + TILE - 1) / TILE;

const tilesAreRuns = (g: Geometry): bool => vectorsInRow(g) % TILE == 0;

/** True if no vector of a tile reaches beyond the window. */
export function tilesAreFull(g: Geometry): bool {
  return (g.kW * g.C) % 4 == 0 && (g.kH * vectorsInRow(g)) % TILE == 0;
}

/** The number of the window's vector that begins at row wR, element 4 column. */
function vectorOf(wR: i32, column: i32, g: Geometry): i32 {
  return tilesAreRuns(g) ? wR * vectorsInRow(g) + column : column * g.kH + wR;
}

/** Where in x each of a window's vectors begins, from the window's first element on. */
function setOffsets(offsets: usize, g: Geometry, down: usize): void {
  const inRow = vectorsInRow(g);
  let offset: usize = 0;
  for (let column = 0; column < inRow; ++column) {
    for (let wR = 0; wR < g.kH; ++wR) {
      offset = <usize>wR * down + <usize>column * 16;
      store<usize>(offsets + <usize>vectorOf(wR, column, g) * sizeof<usize>(), offset);
    }
  }
  for (let vector = g.kH * inRow; vector < tilesOf(g) * TILE; ++vector) // fill up the last tile
    store<usize>(offsets + <usize>vector * sizeof<usize>(), offset);
}

/** Bytes of this many frames and one vector more, rounded up to whole vectors. */
const framesBytes = (images: i32, g: Geometry): f64 =>
  Math.ceil((<f64>images * g.paddedH * g.paddedW * g.C * F32 + 32) / 16) * 16;

const imagesAtOnce = (g: Geometry): i32 =>
  <i32>min(<f64>g.B, max(1.0, Math.floor(POSITIONS / (<f64>g.yH * g.yW))));

/** True if the windows can't lie in x or dx itself. */
export function sparseIsFramed(toInput: bool, g: Geometry): bool {
  // The last vector of a row may reach beyond the window, and nothing may be added to what lies there.
  return g.isFramed || (toInput && (g.kW * g.C) % 4 != 0);
}

/** Bytes of `scratch`. */
export function sparseScratch(g: Geometry, framed: bool): f64 {
  const tiles: f64 = tilesOf(g), images = imagesAtOnce(g);
  const vectors = tiles * g.K * TILE_BYTES;
  const lists = (<f64>images * g.yH * g.yW + 1) * LANES * ENTRY;
  const offsets = tiles * TILE * sizeof<usize>();
  return vectors + (framed ? framesBytes(images, g) : 0) + lists + offsets;
}

/**
 * Lists the numbers of four channels of dy that aren't 0; from window to window it is `right`, `down` and `image` bytes. A max-pool's
 * gradient, if it isn't written, is 0 but for its own dy [images, yH / poolH, yW / poolW, K], each of whose numbers lies at its
 * position in poolH by poolW. `position` is 0 for any other dy, and its sizes are 1.
 */
@inline
function list(
  pooled: bool, dy: usize, position: usize, poolH: i32, poolW: i32, K: i32, images: i32, yH: i32, yW: i32,
  image: usize, down: usize, right: usize, lists: usize, listBytes: usize,
): void {
  const zero = f32x4.splat(0), pixelBytes = <usize>K * F32;
  const poolDown = <usize>poolH * down, poolRight = <usize>poolW * right;
  // position = wR poolW + wC lies wR down + wC right bytes behind the first. Dividing by poolW: see MOST_POSITIONS.
  const perRow = i32x4.splat((DIVISOR + poolW - 1) / poolW), toRight = i32x4.splat(<i32>right);
  const toNextRow = i32x4.splat(<i32>down - poolW * <i32>right);
  let e0 = lists, e1 = e0 + listBytes, e2 = e1 + listBytes, e3 = e2 + listBytes;
  for (let b = 0; b < images; ++b) {
    for (let row = 0; row < yH / poolH; ++row) {
      let windowAt = <usize>b * image + <usize>row * poolDown;
      for (let column = 0; column < yW / poolW; ++column) {
        const dyi = v128.load(dy);
        let window = i32x4.splat(<i32>windowAt);
        if (pooled) {
          const positions = v128.load(position), wR = i32x4.shr_u(i32x4.mul(positions, perRow), SHIFT);
          window = i32x4.add(window, i32x4.add(i32x4.mul(positions, toRight), i32x4.mul(wR, toNextRow)));
          position += pixelBytes;
        }
        const low = i32x4.shuffle(window, dyi, 0, 4, 1, 5);
        const high = i32x4.shuffle(window, dyi, 2, 6, 3, 7);
        v128.store64_lane(e0, low, 0);
        v128.store64_lane(e1, low, 1);
        v128.store64_lane(e2, high, 0);
        v128.store64_lane(e3, high, 1);
        const isListed = i32x4.bitmask(f32x4.ne(dyi, zero));
        e0 += <usize>((isListed & 1) << 3);
        e1 += <usize>((isListed & 2) << 2);
        e2 += <usize>((isListed & 4) << 1);
        e3 += <usize>(isListed & 8);
        dy += pixelBytes;
        windowAt += poolRight;
      }
    }
  }
  store<usize>(ends, e0);
  store<usize>(ends, e1, sizeof<usize>());
  store<usize>(ends, e2, 2 * sizeof<usize>());
  store<usize>(ends, e3, 3 * sizeof<usize>());
}

function listWritten(
  dy: usize, K: i32, images: i32, yH: i32, yW: i32, image: usize, down: usize, right: usize, lists: usize,
  listBytes: usize,
): void {
  list(false, dy, 0, 1, 1, K, images, yH, yW, image, down, right, lists, listBytes);
}

function listPooled(
  dy: usize, position: usize, poolH: i32, poolW: i32, K: i32, images: i32, yH: i32, yW: i32, image: usize,
  down: usize, right: usize, lists: usize, listBytes: usize,
): void {
  list(true, dy, position, poolH, poolW, K, images, yH, yW, image, down, right, lists, listBytes);
}

// `runs` is a constant where these are inlined.

/** sums [tiles] += window of x times the number of dy, for each entry of a list */
@inline
function gather(
  runs: bool, x: usize, from: usize, end: usize, offsets: usize, tiles: i32, sums: usize,
): void {
  for (let tile = 0; tile < tiles; ++tile) {
    const x0 = x + load<usize>(offsets), x1 = x + load<usize>(offsets, 4);
    const x2 = x + load<usize>(offsets, 8), x3 = x + load<usize>(offsets, 12);
    const x4 = x + load<usize>(offsets, 16);
    let s0 = v128.load(sums), s1 = v128.load(sums, 16), s2 = v128.load(sums, 32);
    let s3 = v128.load(sums, 48), s4 = v128.load(sums, 64);
    for (let entry = from; entry < end; entry += ENTRY) {
      const windowAt = load<usize>(entry), dyi = v128.load32_splat(entry, 4);
      const run = x0 + windowAt;
      s0 = multiplyAdd(dyi, v128.load(run), s0);
      s1 = multiplyAdd(dyi, runs ? v128.load(run, 16) : v128.load(x1 + windowAt), s1);
      s2 = multiplyAdd(dyi, runs ? v128.load(run, 32) : v128.load(x2 + windowAt), s2);
      s3 = multiplyAdd(dyi, runs ? v128.load(run, 48) : v128.load(x3 + windowAt), s3);
      s4 = multiplyAdd(dyi, runs ? v128.load(run, 64) : v128.load(x4 + windowAt), s4);
    }
    v128.store(sums, s0);
    v128.store(sums, s1, 16);
    v128.store(sums, s2, 32);
    v128.store(sums, s3, 48);
    v128.store(sums, s4, 64);
    offsets += <usize>TILE * sizeof<usize>();
    sums += TILE_BYTES;
  }
}

/** window of dx += filter [tiles] times the number of dy, for each entry of a list */
@inline
function scatter(
  runs: bool, dx: usize, from: usize, end: usize, offsets: usize, tiles: i32, filter: usize,
): void {
  for (let tile = 0; tile < tiles; ++tile) {
    const dx0 = dx + load<usize>(offsets), dx1 = dx + load<usize>(offsets, 4);
    const dx2 = dx + load<usize>(offsets, 8), dx3 = dx + load<usize>(offsets, 12);
    const dx4 = dx + load<usize>(offsets, 16);
    const f0 = v128.load(filter), f1 = v128.load(filter, 16), f2 = v128.load(filter, 32);
    const f3 = v128.load(filter, 48), f4 = v128.load(filter, 64);
    for (let entry = from; entry < end; entry += ENTRY) {
      const windowAt = load<usize>(entry), dyi = v128.load32_splat(entry, 4);
      const run = dx0 + windowAt;
      v128.store(run, multiplyAdd(dyi, f0, v128.load(run)));
      if (runs) {
        v128.store(run, multiplyAdd(dyi, f1, v128.load(run, 16)), 16);
        v128.store(run, multiplyAdd(dyi, f2, v128.load(run, 32)), 32);
        v128.store(run, multiplyAdd(dyi, f3, v128.load(run, 48)), 48);
        v128.store(run, multiplyAdd(dyi, f4, v128.load(run, 64)), 64);
      } else {
        v128.store(dx1 + windowAt, multiplyAdd(dyi, f1, v128.load(dx1 + windowAt)));
        v128.store(dx2 + windowAt, multiplyAdd(dyi, f2, v128.load(dx2 + windowAt)));
        v128.store(dx3 + windowAt, multiplyAdd(dyi, f3, v128.load(dx3 + windowAt)));
        v128.store(dx4 + windowAt, multiplyAdd(dyi, f4, v128.load(dx4 + windowAt)));
      }
    }
    offsets += <usize>TILE * sizeof<usize>();
    filter += TILE_BYTES;
  }
}

// Both gradients go through the same lists and windows: dFilter adds windows of x to sums, dx adds
// the filter to windows. Images are copied into frames of zeros if windows reach into padding, or if
// a vector of dx reaches beyond its window.
// dFilter: the channels first <= d2 < end alone.
@inline
function overLists(
  toInput: bool, image: usize, dy: usize, position: usize, poolH: i32, poolW: i32, filter: usize, scratch: usize,
  g: Geometry, first: i32, end: i32,
): void {
  const B = g.B, H = g.H, C = g.C, K = g.K, yH = g.yH, yW = g.yW;
  const tiles = tilesOf(g), images = imagesAtOnce(g), framed = sparseIsFramed(toInput, g);
  const pixelBytes = <usize>C * F32, rowBytes = <usize>g.W * pixelBytes;
  const paddedRowBytes = <usize>g.paddedW * pixelBytes;
  const frameBytes = <usize>g.paddedH * paddedRowBytes;
  const down = <usize>g.sH * paddedRowBytes, right = <usize>g.sW * pixelBytes;
  const filterBytes = <usize>tiles * TILE_BYTES, listBytes = <usize>(images * yH * yW + 1) * ENTRY;
  const vectors = scratch, frames = vectors + <usize>K * filterBytes;
  const lists = frames + (framed ? <usize>framesBytes(images, g) : 0);
  const offsets = lists + <usize>LANES * listBytes;
  const inside = frames + <usize>g.padT * paddedRowBytes + <usize>g.padL * pixelBytes;

  const runs = tilesAreRuns(g);
  setOffsets(offsets, g, <usize>g.dilH * paddedRowBytes);
  memory.fill(vectors + <usize>first * filterBytes, 0, <usize>(end - first) * filterBytes);
  if (toInput) copyFilter(true, filter, vectors, g, filterBytes, first, end);
  if (framed) memory.fill(frames, 0, <usize>images * frameBytes);
  for (let b = 0; b < B; b += images) {
    const count = min(images, B - b);
    const windows = framed ? frames : image;
    if (toInput && (b > 0 || !framed)) memory.fill(windows, 0, <usize>count * frameBytes);
    if (!toInput && framed) {
      for (let row = 0; row < count * H; ++row)
        memory.copy(
          inside + <usize>(row / H) * frameBytes + <usize>(row % H) * paddedRowBytes,
          image + <usize>row * rowBytes,
          rowBytes,
        );
    }
    for (let d2 = first; d2 < end; d2 += LANES) {
      const offset = <usize>d2 * F32;
      if (position == 0)
        listWritten(dy + offset, K, count, yH, yW, frameBytes, down, right, lists, listBytes);
      else
        listPooled(
          dy + offset, position + offset, poolH, poolW, K, count, yH, yW, frameBytes, down, right, lists, listBytes,
        );
      for (let lane = 0; lane < min(LANES, end - d2); ++lane) {
        const from = lists + <usize>lane * listBytes;
        const to = load<usize>(ends + <usize>lane * sizeof<usize>());
        const filterAt = vectors + <usize>(d2 + lane) * filterBytes;
        if (runs) {
          if (toInput) scatter(true, windows, from, to, offsets, tiles, filterAt);
          else gather(true, windows, from, to, offsets, tiles, filterAt);
        } else {
          if (toInput) scatter(false, windows, from, to, offsets, tiles, filterAt);
          else gather(false, windows, from, to, offsets, tiles, filterAt);
        }
      }
    }
    if (toInput && framed) {
      for (let row = 0; row < count * H; ++row)
        memory.copy(
          image + <usize>row * rowBytes,
          inside + <usize>(row / H) * frameBytes + <usize>(row % H) * paddedRowBytes,
          rowBytes,
        );
    }
    image += <usize>(count * H) * rowBytes;
    const dyBytes = <usize>(count * (yH / poolH) * (yW / poolW) * K) * F32;
    dy += dyBytes;
    if (position != 0) position += dyBytes;
  }
  if (!toInput) copyFilter(false, filter, vectors, g, filterBytes, first, end);
}

/** filter [kH, kW, C, K] to vectors [K, vectors of the window], or back: the channels first <= d2 < end. */
@inline
function copyFilter(
  toVectors: bool, filter: usize, vectors: usize, g: Geometry, filterBytes: usize, first: i32, end: i32,
): void {
  for (let wR = 0; wR < g.kH; ++wR) {
    for (let wCd1 = 0; wCd1 < g.kW * g.C; ++wCd1) {
      let tapAt = vectors + <usize>(vectorOf(wR, wCd1 / 4, g) * 4 + wCd1 % 4) * F32;
      tapAt += <usize>first * filterBytes;
      for (let d2 = first; d2 < end; ++d2, tapAt += filterBytes) {
        const filterAt = filter + <usize>d2 * F32;
        if (toVectors) store<f32>(tapAt, load<f32>(filterAt));
        else store<f32>(filterAt, load<f32>(tapAt));
      }
      filter += <usize>g.K * F32;
    }
  }
}

export function sparseFilterGradient(
  x: usize, dy: usize, dFilter: usize, scratch: usize, g: Geometry, first: i32, end: i32,
): void {
  overLists(false, x, dy, 0, 1, 1, dFilter, scratch, g, first, end);
}

export function sparseInputGradient(
  dy: usize, filter: usize, dx: usize, scratch: usize, g: Geometry,
): void {
  overLists(true, dx, dy, 0, 1, 1, filter, scratch, g, 0, g.K);
}

// The same for the gradient of a max-pool that isn't written: poolH by poolW, the strides likewise, without padding. Its dy and
// position are [B, yH / poolH, yW / poolW, K].

/** True if these two are right, and faster than others. `other` is the input or the filter that dy is multiplied with. */
export function conv2dOfPoolIsSparse(
  dy: usize, other: usize, otherSize: i32, poolH: i32, poolW: i32, g: Geometry,
): bool {
  const positions = poolH * poolW;
  return canBeSparse(g) && positions >= 4 && positions <= MOST_POSITIONS && allFinite(other, otherSize) &&
    allFinite(dy, g.B * (g.yH / poolH) * (g.yW / poolW) * g.K);
}

export function conv2dFilterGradientOfPool(
  x: usize, dy: usize, position: usize, dFilter: usize, scratch: usize, g: Geometry, poolH: i32, poolW: i32,
  first: i32, end: i32,
): void {
  overLists(false, x, dy, position, poolH, poolW, dFilter, scratch, g, first, end);
}

export function conv2dInputGradientOfPool(
  dy: usize, position: usize, filter: usize, dx: usize, scratch: usize, g: Geometry, poolH: i32, poolW: i32,
): void {
  overLists(true, dx, dy, position, poolH, poolW, filter, scratch, g, 0, g.K);
}
