// Other libraries beside ours: their numbers, and the table of them.
import {type Column, maybe, type Table, tableOf} from './columns.ts';
import {batchSize, type NotMeasured, type Ratio, type Timing} from './results.ts';
import {ratioText, threeDigits, timingText} from './texts.ts';

export interface PeerRow {
  /** "PyTorch 1.13.0, channels last, 2 threads" */
  name: string;
  /** The case, in batches of batchSize. */
  what: string;
  /** Either its time and ours, measured in turns; or why it has none. */
  measured?: {theirs: Timing; ours: Timing; ratio: Ratio};
  notMeasured?: NotMeasured;
}

/** Cases in other libraries, or why a library has no time. */
export function peerTable(peers: readonly PeerRow[], precise = true): Table {
  const timed = (timing: Timing) => (precise ? timingText(timing) : threeDigits(timing.median));
  const quotient = (ratio: Ratio) => ratioText(ratio, precise);
  const reason = ({wrong, why}: NotMeasured) => (wrong ? `WRONG: ${why}` : why);
  const steps = peers.every(({what}) => what === 'tutorial/step');
  const places: Column<PeerRow>[] = steps
    ? [{heading: `a step of ${batchSize} images in`, text: ({name}) => name, words: true}]
    : [
        {heading: `in batches of ${batchSize}`, text: ({what}) => what, words: true},
        {heading: 'library', text: ({name}) => name, words: true},
      ];
  const columns: Column<PeerRow>[] = [
    ...places,
    {heading: 'its ms', text: ({measured}) => maybe(measured, ({theirs}) => timed(theirs))},
    {heading: 'simd ms', text: ({measured}) => maybe(measured, ({ours}) => timed(ours))},
    {heading: 'library / simd', text: peer => maybe(peer.measured?.ratio, quotient)},
    {heading: 'n', text: ({measured}) => maybe(precise ? measured?.theirs.n : undefined, String)},
    {heading: 'not timed', text: ({notMeasured}) => maybe(notMeasured, reason), words: true},
  ];
  const caption = 'other libraries, each in turns with ours on simd, on as many threads';
  return tableOf(caption, columns, peers);
}
