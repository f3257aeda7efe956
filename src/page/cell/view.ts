// One number, and how it came about: its value three times, its formula, and its terms, each a step to another number.
import {create, element, setEnabled, setText} from '../dom.ts';
import {linkTo} from '../inside/address.ts';
import {type Cell, cellText, sameCell} from '../inside/cells.ts';
import type {Explanation} from '../inside/explanation.ts';
import type {Inside} from '../inside/inside.ts';
import type {Look} from '../protocol.ts';
import type {TextKey} from '../texts.ts';
import {drawBody} from './body.ts';
import {Drawing} from './drawing.ts';
import {drawHead} from './head.ts';
import {Trail} from './trail.ts';
import {Walk} from './walk.ts';
import {cellName, placeOf, sentenceOf} from './words.ts';

/** The most terms of a list at first, and how many more a press of the button shows. */
const SHOWN = 12;

export const showCell = (inside: Inside): void => new CellView(inside).draw();

class CellView {
  private readonly section = element('cell');
  private readonly title = create('h2', {id: 'cell-title', tabIndex: -1});
  private readonly other = create('button', {type: 'button', id: 'cell-other'});
  private readonly back = create('button', {type: 'button', id: 'cell-back'});
  private readonly elsewhere: HTMLButtonElement;
  private readonly busy = create('span', {id: 'cell-busy', className: 'note'});
  private readonly values = create('ul', {id: 'cell-values'});
  private readonly body = create('div', {id: 'cell-body'});
  private readonly spoken = create('p', {className: 'hidden'});
  private readonly trail: Trail;
  private readonly walk: Walk;
  /** The values, and everything below them. */
  private head?: Drawing;
  private drawing?: Drawing;
  private headKey = '';
  private key = '';
  private look?: Look;
  private saidOf = '';
  private shown = SHOWN;
  /** The other backends are at work. */
  private isAsking = false;

  constructor(private readonly inside: Inside) {
    const {section} = this;
    const {app} = inside;
    section.setAttribute('aria-labelledby', 'cell-title');
    this.spoken.setAttribute('role', 'status');
    this.elsewhere = this.button('cell-elsewhere', 'cellOtherBackends');
    this.elsewhere.setAttribute('aria-describedby', 'cell-busy');
    const close = create('button', {type: 'button', id: 'cell-close', textContent: '×'});
    close.dataset.label = 'cellClose';
    close.setAttribute('aria-label', app.say('cellClose'));
    const copy = this.button('cell-copy', 'cellLink');
    const buttons = create('div', {}, this.back, this.other, copy, close);
    section.replaceChildren(
      create('header', {}, this.title, buttons),
      create('div', {className: 'values'}, this.values, this.elsewhere, this.busy),
      this.body,
      this.spoken,
    );
    this.trail = new Trail(inside, section);
    this.walk = new Walk(inside, this.trail, section, this.body);
    close.addEventListener('click', () => this.trail.close());
    this.back.addEventListener('click', () => this.trail.goBack());
    this.other.addEventListener('click', () => {
      const {cell} = inside;
      if (cell) this.trail.go({...cell, isGradient: !cell.isGradient});
    });
    copy.addEventListener('click', async () => {
      app.notice = {key: app.hasOwnWeights ? 'cellLinkOwnWeights' : 'cellLinkCopied'};
      await navigator.clipboard.writeText(linkTo(inside)).catch(() => {
        app.notice = {key: 'cellLinkNotCopied'};
      });
      app.changed();
    });
    this.elsewhere.addEventListener('click', () => this.askElsewhere());
    this.body.addEventListener('click', ({target}) => {
      if (!(target as Element).matches('[data-action=more]')) return;
      this.shown += SHOWN;
      this.trail.takesFocus = true;
      this.draw();
    });
    inside.onChange(() => this.draw());
  }

  /** A button whose text follows the language from now on. */
  private button(id: string, text: TextKey): HTMLButtonElement {
    const textContent = this.inside.app.say(text);
    const created = create('button', {type: 'button', id, textContent});
    created.dataset.text = text;
    return created;
  }

  private async askElsewhere(): Promise<void> {
    const {inside} = this;
    const {image, label, look, app} = inside;
    if (this.isAsking) return;
    this.isAsking = true;
    inside.changed();
    const elsewhere = await app.ask({kind: 'lookElsewhere', image, label});
    this.isAsking = false;
    if (elsewhere && inside.look === look) inside.set({elsewhere});
    else {
      app.notice = {key: 'cellOtherBackendsNone'};
      app.changed();
    }
    inside.changed();
  }

  draw(): void {
    const {inside, trail, walk} = this;
    const {cell, look, app} = inside;
    trail.see();
    if (!cell) {
      this.forget();
      return;
    }
    const isSame =
      this.drawing && look === this.look && sameCell(this.drawing.explanation.cell, cell);
    const explanation = isSame ? this.drawing!.explanation : inside.explanation;
    if (!explanation || !look) {
      this.forget();
      setText(this.title, cellName(cell));
      this.body.append(create('p', {className: 'note', textContent: app.say('cellWaiting')}));
      return;
    }
    this.look = look;
    this.drawBar(cell);
    this.drawHead(explanation, look);
    this.drawBody(explanation, look, Boolean(isSame));
    walk.mark();
    for (const each of this.body.querySelectorAll<HTMLElement>('[data-letter]')) {
      each.classList.toggle('here', each.dataset.letter === inside.letter);
    }
    this.speak(explanation);
  }

  private forget(): void {
    this.drawing = this.walk.drawing = this.head = undefined;
    this.key = this.headKey = this.saidOf = '';
    this.body.replaceChildren();
  }

  private drawBar(cell: Cell): void {
    this.section.classList.toggle('gradient', cell.isGradient);
    const {app, look} = this.inside;
    const {key, values} = placeOf(look!.preset, cell);
    setText(this.title, app.say(key, values));
    setText(this.other, app.say(cell.isGradient ? 'cellToValue' : 'cellToGradient'));
    const last = this.trail.last;
    this.back.hidden = !last;
    if (last) {
      setText(this.back, `‹ ${cellName(last)}`);
      this.back.setAttribute('aria-label', app.say('cellBackTo', {cell: cellName(last)}));
    }
    const isResting = !app.isBusy && app.phase !== 'starting' && app.phase !== 'lost';
    setEnabled(this.elsewhere, isResting && !this.isAsking);
    this.elsewhere.hidden = this.inside.elsewhere.length > 0 || this.inside.film !== undefined;
    setText(this.busy, isResting ? '' : app.say('cellOtherBackendsBusy'));
  }

  private drawHead(explanation: Explanation, look: Look): void {
    const {inside} = this;
    const looks = [look, ...inside.elsewhere];
    const key = [
      cellText(explanation.cell),
      inside.app.language,
      explanation.value === undefined,
      ...looks.map(({backend}) => backend),
    ].join(' ');
    if (key === this.headKey && this.head) {
      if (this.head.explanation !== explanation) this.head.write(explanation);
      return;
    }
    this.headKey = key;
    this.head = new Drawing(inside, explanation, 0);
    this.values.replaceChildren(...drawHead(this.head, looks));
  }

  private drawBody(explanation: Explanation, look: Look, isSame: boolean): void {
    const {inside} = this;
    const {cell} = explanation;
    const sentence = sentenceOf(explanation);
    if (!sameCell(this.drawing?.explanation.cell, cell)) this.shown = SHOWN;
    const {kind} = explanation.reason;
    const terms = explanation.reason.kind === 'sum' ? explanation.reason.terms.length : 0;
    const key = [
      cellText(cell),
      look.preset,
      inside.app.language,
      kind,
      terms,
      sentence.key,
      this.shown,
      look.velocities[cell.of] !== undefined,
    ].join(' ');
    if (key === this.key && this.drawing) {
      if (!isSame) this.drawing.write(explanation);
      else this.walk.follow();
      return;
    }
    const hadFocus = this.key !== '' && this.body.contains(document.activeElement);
    this.key = key;
    const drawing = new Drawing(inside, explanation, this.shown);
    this.drawing = this.walk.drawing = drawing;
    this.body.replaceChildren(...drawBody(drawing));
    this.section.scrollTop = 0;
    const {term} = inside;
    const takesFocus = this.trail.takesFocus || hadFocus;
    this.trail.takesFocus = false;
    if (takesFocus) this.title.focus();
    this.drawMore(drawing, () => {
      if (!takesFocus || document.activeElement !== this.title) return;
      inside.set({term});
      this.walk.element?.focus();
    });
  }

  /** Draws the rest in later frames. Its terms may be among it: until they are there, the title has the focus. */
  private drawMore(drawing: Drawing, finish: () => void): void {
    this.body.ariaBusy = String(drawing.isUnfinished);
    if (!drawing.isUnfinished) {
      finish();
      return;
    }
    requestAnimationFrame(() => {
      if (drawing !== this.drawing) return;
      drawing.drawMore();
      this.walk.mark();
      this.drawMore(drawing, finish);
    });
  }

  /** Says a new cell to a screen reader, and its new number once training rests; not ten times a second. */
  private speak({cell}: Explanation): void {
    const {app} = this.inside;
    if (!app.isBusy && document.activeElement)
      this.walk.name(document.activeElement as HTMLElement);
    const which = `${cellText(cell)} ${app.language} ${app.isBusy ? '' : app.weightsKey}`;
    const isNew = !this.saidOf.startsWith(`${cellText(cell)} ${app.language} `);
    if (which === this.saidOf || (app.isBusy && !isNew)) return;
    this.saidOf = which;
    setText(this.spoken, this.body.querySelector('#cell-sentence')?.textContent ?? '');
  }
}
