// TODO
import './cell_panel.css';
import type {Inside} from '../inside/inside.ts';

export function cellPanel(_inside: Inside): void {}
