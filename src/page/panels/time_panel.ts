// TODO
import './time_panel.css';
import type {Inside} from '../inside/inside.ts';

export function timePanel(_inside: Inside): void {}
