// Where the code of a number stands, by pass and tab: reads lines.txt.
import type {TextKey} from '../texts.ts';
import type {Excerpt} from './excerpts.ts';
import table from './lines.txt';
import type {Pass, Situation} from './makings.ts';

/** The tabs that show excerpts of source files. */
const fileTabs = [
  'formula',
  'definition',
  'reference',
  'typescript',
  'assemblyscript',
  'glsl',
] as const;
export const tabs = [...fileTabs, 'shader', 'layers'] as const;
export type Tab = (typeof tabs)[number];

export type Anchors = Partial<Record<(typeof fileTabs)[number], Excerpt[]>>;

/** When a line runs that only some numbers of its pass go through. */
const conditions: Record<string, (situation: Situation) => boolean> = {
  'one channel': ({station}) => station.geometry!.C === 1,
  'more channels': ({station}) => station.geometry!.C > 1,
  'dy is mostly 0': ({isSparse}) => isSparse,
  'dy is not': ({isSparse}) => !isSparse,
  'recipe sgd': ({hasMomentum}) => !hasMomentum,
  'recipe fast': ({hasMomentum}) => hasMomentum,
  'in a tile': isInTile,
  'after the tiles': situation => !isInTile(situation),
};

/** The CPU's product computes four rows of dFilter at once, a row for each tap; what is left over, one by one. */
function isInTile({station, at: [wR, wC, d1]}: Situation): boolean {
  const {kH, kW, C} = station.geometry!;
  const taps = kH * kW * C;
  return (wR * kW + wC) * C + d1 < taps - (taps % 4);
}

interface Row extends Excerpt {
  tab: string;
  when?: string;
}

const LETTERS = /^ +letters +(.*)/;
const passes = table
  .split('\n\n')
  .slice(1)
  .map(block => {
    const [pass, ...rows] = block.trimEnd().split('\n');
    return [pass as Pass, rows] as const;
  });

const rowIn = (text: string): Row => {
  const parts = /^ +(\w+) +(\S+)(?: (\w+))?(?: \[(.+?)\])? \| (.*)$/.exec(text);
  const [, tab, file, of, when, line] = parts!;
  return {tab, file, of, when, runs: line.replaceAll(' ⏎ ', '\n')};
};

const rowsOf = new Map(
  passes.map(([pass, rows]) => [pass, rows.filter(row => !LETTERS.test(row)).map(rowIn)]),
);

/** The letters of a pass: the indices in its formula. */
export const letters = Object.fromEntries(
  passes.map(([pass, [row]]) => [pass, LETTERS.exec(row)?.[1].split(' ') ?? []]),
) as Record<Pass, string[]>;

/** The text that says what a letter is. */
export const meaningOf = (pass: Pass, letter: string): TextKey =>
  `letter_${letter === 'i' && pass.startsWith('relu') ? 'element' : letter}` as TextKey;

export function anchorsOf(situation: Situation): Anchors {
  const anchors: Anchors = {};
  for (const {tab, file, of, when, runs} of rowsOf.get(situation.pass)!) {
    if (tab === 'shader' || (when && !conditions[when](situation))) continue;
    const excerpt = {file, of, runs: runs.replaceAll('{tap}', String(tapOf(situation)))};
    anchors[tab as keyof Anchors] = [...(anchors[tab as keyof Anchors] ?? []), excerpt];
  }
  return anchors;
}

function tapOf({station, at: [xR, xC]}: Situation): number {
  const {kH, kW} = station.geometry ?? {kH: 1, kW: 1};
  return (xR % kH) * kW + (xC % kW);
}

/** The kernel's name in TensorFlow.js's registry, and what the line that runs has in its compiled fragment programs. */
export function shaderOf(pass: Pass): {kernel: string; line: string} | undefined {
  const row = rowsOf.get(pass)!.find(({tab}) => tab === 'shader');
  return row && {kernel: row.file, line: row.runs};
}
