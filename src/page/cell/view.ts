// One number, and how it came about: its value three times, its formula, and its terms, each a step to another number.

import {ulps} from '../arithmetic/ulp.ts';
import {create, element, setEnabled, setText} from '../dom.ts';
import {addressOf} from '../inside/address.ts';
import {type Cell, cellText, indexOf, parseCell, sameCell, shapesOf} from '../inside/cells.ts';
import type {Explanation} from '../inside/explanation.ts';
import type {Inside} from '../inside/inside.ts';
import type {Look} from '../protocol.ts';
import type {TextKey} from '../texts.ts';
import {Drawing} from './drawing.ts';
import {cut, formulaOf, letters} from './formula.ts';
import {drawReason} from './reason.ts';
import {drawNudge, drawUpdate} from './weight.ts';
import {cellName, placeOf, sentenceOf} from './words.ts';

/** The most terms of a list at first, and how many more a press of the button shows. */
const SHOWN = 12;

export const showCell = (inside: Inside): void => new CellView(inside).draw();

/** A cell that the visitor came from, and the term through which. */
type Visited = Pick<Inside, 'cell' | 'term'>;

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
  /** The values, and everything below them. */
  private head?: Drawing;
  private drawing?: Drawing;
  private headKey = '';
  private key = '';
  private look?: Look;
  private term?: number;
  private saidOf = '';
  private shown = SHOWN;
  private visited: Visited[] = [];
  /** The cell that this panel has selected itself, or that it last saw. */
  private at?: Cell;
  private takesFocus = false;
  /** The other backends are at work. */
  private isAsking = false;
  /** What had the focus when the panel opened. */
  private opener?: Element | null;

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
    section.replaceChildren(
      create('header', {}, this.title, this.back, this.other, copy, close),
      create('div', {className: 'values'}, this.values, this.elsewhere, this.busy),
      this.body,
      this.spoken,
    );
    close.addEventListener('click', () => this.close());
    this.back.addEventListener('click', () => this.goBack());
    this.other.addEventListener('click', () => {
      const {cell} = inside;
      if (cell) this.go({...cell, isGradient: !cell.isGradient});
    });
    copy.addEventListener('click', async () => {
      app.notice = {key: 'cellLinkCopied'};
      await navigator.clipboard.writeText(addressOf(inside)).catch(() => {
        app.notice = {key: 'cellLinkNotCopied'};
      });
      app.changed();
    });
    this.elsewhere.addEventListener('click', () => this.askElsewhere());
    section.addEventListener('click', event => this.click(event));
    section.addEventListener('keydown', event => this.press(event));
    section.addEventListener('focusin', ({target}) => {
      this.name(target as HTMLElement);
      this.mark(target);
    });
    section.addEventListener('focusout', ({target}) => {
      if (this.isTerm(target as HTMLElement)) (target as HTMLElement).removeAttribute('aria-label');
    });
    section.addEventListener('pointerover', ({target}) => this.mark(target));
    this.body.addEventListener('pointerleave', () => this.mark(document.activeElement));
    inside.onChange(() => this.draw());
  }

  /** A button whose text follows the language from now on. */
  private button(id: string, text: TextKey): HTMLButtonElement {
    const textContent = this.inside.app.say(text);
    const created = create('button', {type: 'button', id, textContent});
    created.dataset.text = text;
    return created;
  }

  // ---- from cell to cell

  private go(cell: Cell): void {
    const {inside} = this;
    if (!parseCell(inside.look!.preset, `${cell.of}[${cell.at}]`)) return;
    this.visited.push({cell: inside.cell, term: inside.term});
    this.move(cell);
  }

  private move(cell: Cell, term?: number): void {
    this.at = cell;
    this.takesFocus = this.section.contains(document.activeElement);
    this.inside.select(cell);
    this.inside.set({term});
  }

  private goBack(): void {
    const last = this.visited.pop();
    if (last?.cell) this.move(last.cell, last.term);
    else this.close();
  }

  private close(): void {
    const hadFocus = this.section.contains(document.activeElement);
    this.inside.select(undefined);
    if (hadFocus && this.opener instanceof HTMLElement) this.opener.focus();
  }

  // ---- events

  private click(event: MouseEvent): void {
    const target = (event.target as Element).closest('[role=button], button');
    if (!target || !this.drawing) return;
    if ((target as HTMLElement).dataset.action === 'more') {
      this.shown += SHOWN;
      this.takesFocus = true;
      this.draw();
      return;
    }
    const isProduct = target.matches('data.term') && this.cellsOf(target).length > 1;
    if (isProduct) (target as HTMLElement).focus();
    else this.enter(target, false);
  }

  private press(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const {key, shiftKey} = event;
    if (key === 'Escape') this.goBack();
    else if (key === 'Enter' || key === ' ') {
      if (!this.drawing?.cellOf.has(target)) return;
      this.enter(target, shiftKey);
    } else if (!this.walk(target, key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  private cellsOf(target: Element): Cell[] {
    const term = this.drawing?.termOf.get(target)?.();
    return term === undefined ? [] : this.drawing!.parts[term].cells;
  }

  private enter(target: Element, second: boolean): void {
    const cell = second ? this.cellsOf(target)[1] : this.drawing?.cellOf.get(target)?.();
    if (cell) this.go(cell);
  }

  /** @returns true if the key moves to another term */
  private walk(target: HTMLElement, key: string): boolean {
    const rows = this.drawing?.rows ?? [];
    const row = rows.findIndex(each => each.includes(target));
    if (row < 0) return false;
    const column = rows[row].indexOf(target);
    const flat = rows.flat().filter(each => each !== undefined);
    const at = flat.indexOf(target);
    const rowFrom = (row: number, step: number): HTMLElement | undefined => {
      for (let next = row + step; next >= 0 && next < rows.length; next += step) {
        const found = rows[next][Math.min(column, rows[next].length - 1)];
        if (found) return found;
      }
    };
    const moves: Record<string, () => HTMLElement | undefined> = {
      ArrowLeft: () => flat[at - 1],
      ArrowRight: () => flat[at + 1],
      ArrowUp: () => rowFrom(row, -1),
      ArrowDown: () => rowFrom(row, 1),
      Home: () => flat[0],
      End: () => flat.at(-1),
    };
    if (!(key in moves)) return false;
    moves[key]()?.focus();
    return true;
  }

  private isTerm(target: HTMLElement): boolean {
    return this.drawing?.rows.some(row => row.includes(target)) ?? false;
  }

  /** Says in a term's name what it is made of: the name is read when the focus comes. */
  private name(target: HTMLElement): void {
    if (!this.isTerm(target)) return;
    const cells = this.cellsOf(target).map(cellName);
    const number = target.matches('data') ? target : target.querySelector('data')!;
    target.setAttribute(
      'aria-label',
      `${cells.join(' × ')}${cells.length > 1 ? ' =' : ''} ${number.textContent}`,
    );
  }

  /** Marks the term of an element, here and on the stage. */
  private mark(target: EventTarget | null): void {
    const element = target instanceof Element ? target.closest('[role=button]') : null;
    const term = element ? this.drawing?.termOf.get(element)?.() : undefined;
    if (term === undefined && this.inside.term === undefined) return;
    const isKept = element && this.drawing?.cellOf.has(element); // the names of the term that is marked
    if (term !== this.inside.term && !(term === undefined && isKept)) this.inside.set({term});
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

  // ---- drawing

  draw(): void {
    const {inside} = this;
    const {cell, look, app} = inside;
    this.section.hidden = cell === undefined;
    if (!sameCell(cell, this.at)) {
      if (!this.at) this.opener = document.activeElement;
      this.visited = []; // selected elsewhere
      this.at = cell;
    }
    if (!cell) {
      this.forget();
      return;
    }
    const isSame =
      this.drawing && look === this.look && sameCell(this.drawing.explanation.cell, cell);
    const explanation = isSame ? this.drawing!.explanation : inside.explanation;
    if (!explanation || !look) {
      if (look) inside.select(undefined); // the other network has no such cell
      this.forget();
      setText(this.title, cellName(cell));
      this.body.append(create('p', {className: 'note', textContent: app.say('cellWaiting')}));
      return;
    }
    this.look = look;
    this.drawBar(cell);
    this.drawHead(explanation, look);
    this.drawBody(explanation, look, Boolean(isSame));
    this.markTerm();
    this.speak(explanation);
  }

  private forget(): void {
    this.drawing = this.head = undefined;
    this.key = this.headKey = this.saidOf = '';
    this.body.replaceChildren();
  }

  private drawBar(cell: Cell): void {
    const {app, look} = this.inside;
    const {key, values} = placeOf(look!.preset, cell);
    setText(this.title, app.say(key, values));
    setText(this.other, app.say(cell.isGradient ? 'cellToValue' : 'cellToGradient'));
    const last = this.visited.at(-1)?.cell;
    this.back.hidden = !last;
    if (last) setText(this.back, `‹ ${cellName(last)}`);
    if (last) this.back.setAttribute('aria-label', app.say('cellBackTo', {cell: cellName(last)}));
    const isResting = !app.isBusy && app.phase !== 'starting' && app.phase !== 'lost';
    setEnabled(this.elsewhere, isResting && !this.isAsking);
    this.elsewhere.hidden = this.inside.elsewhere.length > 0;
    setText(this.busy, isResting ? '' : app.say('cellOtherBackendsBusy'));
  }

  /** The value on each backend, and by the definition. */
  private drawHead(explanation: Explanation, look: Look): void {
    const {inside} = this;
    const looks = [look, ...inside.elsewhere];
    const key = `${cellText(explanation.cell)} ${looks.map(({backend}) => backend)} ${inside.app.language} ${explanation.value === undefined}`;
    if (key === this.headKey && this.head) {
      if (this.head.explanation !== explanation) this.head.write(explanation);
      return;
    }
    this.headKey = key;
    const head = new Drawing(inside, explanation, 0);
    this.head = head;
    const definition = () => head.explanation.definition;
    const rows = looks.map(({backend}, i) => {
      const read = () =>
        i === 0 ? head.explanation.value : valueIn(looks[i], head.explanation.cell);
      if (read() === undefined)
        return create('li', {
          className: 'note',
          textContent: inside.app.say('cellNoValue', {backend}),
        });
      const away = head.say('cellUlps', {
        ulps: head.named('ulps', () => ulps(read()!, definition()), 3),
      });
      return create('li', {}, `${backend} `, head.named('value', read, 9), ' ', away);
    });
    const byDefinition = create(
      'li',
      {},
      `${inside.app.say('cellByDefinition')} `,
      head.named('definition', definition, 9),
    );
    this.values.replaceChildren(...rows, byDefinition);
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
      inside.app.settings.learningRate,
    ].join(' ');
    if (key === this.key && this.drawing) {
      if (!isSame) this.drawing.write(explanation);
      else if (inside.term !== this.term) this.drawing.writeTerm();
      return;
    }
    const hadFocus = this.key !== '' && this.body.contains(document.activeElement);
    this.key = key;
    this.build(explanation);
    if (this.takesFocus || hadFocus) this.focusHere();
    this.takesFocus = false;
  }

  private build(explanation: Explanation): void {
    const {inside} = this;
    const {cell} = explanation;
    const drawing = new Drawing(inside, explanation, this.shown);
    this.drawing = drawing;
    let now = sentenceOf(explanation);
    drawing.live(() => {
      now = sentenceOf(drawing.explanation);
    });
    const values = Object.fromEntries(
      Object.entries(now.values).map(([name, value]) => [
        name,
        typeof value === 'number'
          ? drawing.number(() => now.values[name] as number, 4)
          : drawing.text(() => String(now.values[name])),
      ]),
    );
    const sentence = create('p', {id: 'cell-sentence'}, drawing.say(now.key, values));
    const terms = create('div', {className: 'terms'}, ...drawReason(drawing));
    terms.setAttribute('role', 'group');
    terms.setAttribute('aria-label', inside.app.say('cellTermsLabel'));
    const isWeight = cell.of.includes('.');
    const parts: Node[] = [
      sentence,
      ...(isWeight && cell.isGradient ? drawNudge(drawing) : []),
      ...(isWeight ? drawUpdate(drawing) : []),
      ...this.drawFormula(drawing),
      terms,
    ];
    if (explanation.goesTo) {
      const place = drawing.place(() => drawing.explanation.goesTo!);
      place.tabIndex = 0;
      parts.push(create('p', {}, drawing.say('cellGoesTo', {cell: place})));
    }
    this.body.replaceChildren(...parts);
    this.body.scrollTop = 0;
  }

  private drawFormula(drawing: Drawing): Node[] {
    const formula = formulaOf(drawing.preset, drawing.explanation.cell);
    if (!formula) return [];
    return [formula.letters, formula.places].map(text => {
      const parts = cut(text).map((part, i) => {
        if (i % 2 === 0 || !letters.has(part)) return part;
        const letter = create('var', {textContent: part});
        letter.dataset.letter = part;
        return letter;
      });
      return create('p', {className: 'formula'}, ...parts);
    });
  }

  private focusHere(): void {
    (this.termElement() ?? this.title).focus();
  }

  private termElement(): HTMLElement | undefined {
    const {drawing} = this;
    const all = drawing?.rows.flat().filter(each => each !== undefined) ?? [];
    return all.find(each => drawing!.termOf.get(each)!() === drawing!.term) ?? all[0];
  }

  /** Frames the elements of the marked term, and lets Tab reach it. */
  private markTerm(): void {
    const {drawing, inside} = this;
    if (!drawing) return;
    this.term = inside.term;
    for (const [each, term] of drawing.termOf)
      each.classList.toggle('here', term() === inside.term);
    const reached = this.termElement();
    for (const row of drawing.rows)
      for (const each of row) if (each) each.tabIndex = each === reached ? 0 : -1;
    for (const each of this.body.querySelectorAll<HTMLElement>('[data-letter]')) {
      each.classList.toggle('here', each.dataset.letter === inside.letter);
    }
  }

  /** Says a new cell to a screen reader, and its new number once training rests; not ten times a second. */
  private speak({cell}: Explanation): void {
    const {app} = this.inside;
    if (!app.isBusy && document.activeElement) this.name(document.activeElement as HTMLElement);
    const which = `${cellText(cell)} ${app.language} ${app.isBusy ? '' : app.weightsKey}`;
    const isNew = !this.saidOf.startsWith(`${cellText(cell)} ${app.language} `);
    if (which === this.saidOf || (app.isBusy && !isNew)) return;
    this.saidOf = which;
    setText(this.spoken, this.body.querySelector('#cell-sentence')?.textContent ?? '');
  }
}

function valueIn(
  {preset, values, gradients}: Look,
  {of, at, isGradient}: Cell,
): number | undefined {
  return (isGradient ? gradients : values)[of]?.[indexOf(shapesOf(preset)[of], at)];
}
