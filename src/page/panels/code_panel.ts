// TODO
import './code_panel.css';
import type {Inside} from '../inside/inside.ts';

export function codePanel(_inside: Inside): void {}
