// The progress of a run: on a terminal one block that is rewritten, elsewhere plain lines.
//   train ████████████░░░░░░░░░░░░  469/938  12,345 images/s   0:27 left
//   loss  █▇▅▄▃▃▂▂▂▁▂▁              0.2241
//   test  ▁▅▇█████████              93.20 %
// The three share one horizontal axis, the whole run: a column is the same batches in each.
import {clock, count, percent} from '../format.ts';
import type {TrainingProgress} from '../training.ts';

export interface Point {
  batch: number;
  value: number;
}

/** The state of a run that is shown. */
export interface Run {
  batches: number;
  losses: Point[];
  /** Shares of test images that were right. */
  tests: Point[];
  /** Images per second. */
  speed: string;
  /** Time left, or taken. */
  time: string;
  note: string;
}

export interface Progress {
  show(event: TrainingProgress): void;
  /** Shows a line about the run. */
  note(text: string): void;
  /** Leaves the last state on the screen, and the cursor below it. */
  close(): void;
}

/** Shows a run of `batches` batches, which goes on after batch `start`, on `stream`, a terminal or a file. */
export function createProgress(
  stream: NodeJS.WriteStream,
  {batches, batchesPerEpoch, start = 0}: {batches: number; batchesPerEpoch: number; start?: number},
): Progress {
  const run: Run = {batches, losses: [], tests: [], speed: '', time: '', note: ''};
  const onTerminal = stream.isTTY && process.env.TERM !== 'dumb';
  const view = onTerminal ? terminalBlock(stream, run) : plainLines(stream, run, batchesPerEpoch);
  const started = performance.now();
  let imagesPerMs = 0;
  return {
    show(event) {
      const elapsed = performance.now() - started;
      if (event.kind === 'batch') {
        run.losses.push({batch: event.batch, value: event.loss});
        const now = event.images / Math.max(event.ms, 0.001);
        imagesPerMs += (imagesPerMs ? 0.1 : 1) * (now - imagesPerMs);
        run.speed = `${count(1000 * imagesPerMs)} images/s`;
      } else {
        const {correct, total} = event.evaluation;
        run.tests.push({batch: event.batch, value: correct / total});
      }
      const left = (elapsed / (event.batch - start)) * (batches - event.batch);
      if (event.batch < batches) run.time = `${clock(left)} left`;
      else run.time = event.kind === 'epoch' ? `in ${clock(elapsed)}` : 'testing';
      view.show(event);
    },
    note(text) {
      run.note = text;
      view.note(text);
    },
    close: view.close,
  };
}

/** Mean loss of the last `n` batches; above 1000 with an exponent. */
function recentLoss({losses}: Run, n: number): string {
  const recent = losses.slice(-n);
  const mean = recent.reduce((sum, {value}) => sum + value, 0) / recent.length;
  return mean < 1000 ? mean.toFixed(4) : mean.toExponential(1);
}

// ---- plain lines: no control characters, about 15 lines per epoch

function plainLines(stream: NodeJS.WriteStream, run: Run, batchesPerEpoch: number): Progress {
  const every = Math.max(1, Math.round(Math.min(run.batches, batchesPerEpoch) / 15));
  const width = String(run.batches).length;
  return {
    show(event) {
      const {batch} = event;
      const start = `batch ${String(batch).padStart(width)}/${run.batches}`;
      if (event.kind === 'batch') {
        if (batch > 1 && batch < run.batches && batch % every > 0) return;
        const loss = recentLoss(run, every);
        stream.write(`${start}  loss ${loss}  ${run.speed}  ${run.time}\n`);
      } else {
        const {correct, total} = event.evaluation;
        const epoch = event.kind === 'epoch' ? `, epoch ${event.epoch}` : '';
        const share = percent(correct / total);
        stream.write(`${start}  test ${share} of ${count(total)} images${epoch}\n`);
      }
    },
    note: text => void stream.write(`${text}\n`),
    close() {},
  };
}

// ---- the block

function terminalBlock(stream: NodeJS.WriteStream, run: Run): Progress {
  const hideCursor = '\x1b[?25l';
  const showCursor = '\x1b[?25h';
  const colour = process.env.NO_COLOR ? '' : '\x1b[32m$&\x1b[0m';
  let drawn: string[] = [];
  let drawnAt = Number.NEGATIVE_INFINITY;

  function draw() {
    const columns = stream.columns || 80;
    // If the terminal became narrower, it has wrapped the lines drawn before.
    const rowsOf = (line: string) => Math.max(1, Math.ceil(line.length / columns));
    const rows = drawn.reduce((sum, line) => sum + rowsOf(line), 0);
    drawn = blockLines(run, columns - 1); // a full last column would make some terminals wrap
    drawnAt = performance.now();
    const lines = drawn.map((line, i) => (i === 0 && colour ? line.replace(/█+/, colour) : line));
    const up = rows ? `\x1b[${rows}A\r` : hideCursor;
    stream.write(`${up}${lines.map(line => `${line}\x1b[K\n`).join('')}\x1b[J`);
  }

  const restore = () => void stream.write(showCursor);
  process.on('exit', restore);
  return {
    show(event) {
      if (event.batch === run.batches || performance.now() - drawnAt >= 100) draw();
    },
    note: draw,
    close() {
      if (drawn.length) draw();
      restore();
      process.off('exit', restore);
    },
  };
}

/** The block's lines, each at most `width` long. If there is too little room, the speed is left out, then the time. */
export function blockLines(run: Run, width: number): string[] {
  const batch = run.losses.at(-1)?.batch ?? 0;
  const batchText = `${String(batch).padStart(String(run.batches).length)}/${run.batches}`;
  const fields = [batchText, run.speed.padStart(15), run.time.padStart(9)];
  const labelWidth = 'train '.length;
  const room = () => width - labelWidth - '  '.length - fields.join('  ').length;
  if (room() < 16) fields.splice(1, 1);
  if (room() < 8) fields.pop();
  const axis = Math.min(48, Math.max(1, room()));

  const done = Math.floor((axis * batch) / run.batches);
  const lines = [`train ${'█'.repeat(done)}${'░'.repeat(axis - done)}  ${fields.join('  ')}`];
  const graph = (points: Point[]) => sparkline(points, run.batches, batch, axis).padEnd(axis);
  if (batch > 0) {
    // On a logarithmic scale, learning shows even after the loss has fallen to a hundredth.
    const log = (loss: number) => Math.log(Math.max(loss, 1e-9));
    const logs = run.losses.map(({batch, value}) => ({batch, value: log(value)}));
    lines.push(`loss  ${graph(logs)}  ${recentLoss(run, 20)}`);
  }
  const last = run.tests.at(-1);
  if (last) lines.push(`test  ${graph(run.tests)}  ${percent(last.value)}`);
  if (run.note) lines.push(run.note);
  return lines.map(line => line.slice(0, width));
}

/**
 * A graph of `width` columns, one character high, from the smallest to the largest value.
 * Each column is the mean over its share of the run's `batches`; a column without a value repeats the one before.
 * The graph ends at `batch`, the run's last so far.
 */
export function sparkline(points: Point[], batches: number, batch: number, width: number): string {
  const levels = '▁▂▃▄▅▆▇█';
  const column = (batch: number) =>
    Math.min(width - 1, Math.floor(((batch - 1) * width) / batches));
  const sums = new Float64Array(width);
  const counts = new Uint32Array(width);
  for (const {batch, value} of points) {
    sums[column(batch)] += value;
    counts[column(batch)]++;
  }
  const means = Array.from(sums, (sum, i) => sum / counts[i]);
  const known = means.filter(Number.isFinite);
  const low = Math.min(...known);
  const step = (Math.max(...known) - low) / levels.length;
  let text = '';
  let last = ' ';
  const end = Math.max(column(batch) + 1, Math.floor((width * batch) / batches));
  for (let i = 0; i < end; i++) {
    const level = step ? Math.min(levels.length - 1, Math.floor((means[i] - low) / step)) : 0;
    if (counts[i]) last = levels[level];
    text += last;
  }
  return text;
}
