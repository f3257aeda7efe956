// TODO
import './guide_panel.css';
import type {Inside} from '../inside/inside.ts';

export function guidePanel(_inside: Inside): void {}
