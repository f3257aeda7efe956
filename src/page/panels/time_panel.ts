// One slim row about time: a step in slow motion, weights changed by hand and back again, and the film of the filters.
import './time_panel.css';
import type {Inside} from '../inside/inside.ts';
import {filmStrip} from '../time/film_strip.ts';
import {slowMotion} from '../time/slow_motion.ts';
import {weightEdit} from '../time/weight_edit.ts';

export function timePanel(inside: Inside): void {
  slowMotion(inside);
  weightEdit(inside);
  filmStrip(inside);
}
