// TODO
import './stage_panel.css';
import type {Inside} from '../inside/inside.ts';

export function stagePanel(_inside: Inside): void {}
