// The stage: the network from left to right, each station with its numbers as pictures. What the pointer or the keys are at is marked,
// and so are the cells that it is made from.
import './stage_panel.css';
import type {Preset} from '../../presets.ts';
import {create, element, setText} from '../dom.ts';
import {type Cell, cellText, indexOf, sameCell, shapesOf} from '../inside/cells.ts';
import type {Inside, Mode} from '../inside/inside.ts';
import {parameters, type Station, stationsOf} from '../inside/stations.ts';
import {axisOf} from '../stage/axis.ts';
import {walk} from '../stage/keys.ts';
import {scaleOf, type View} from '../stage/maps.ts';
import {drawMarks, marksOf, type Pointed} from '../stage/marks.ts';
import {makePad} from '../stage/pad.ts';
import {
  draw,
  makeStation,
  numberText,
  resize,
  type Shown,
  type Side,
  type StationView,
  shareText,
  speak,
} from '../stage/station.ts';
import {makeTestDigits} from '../stage/test_digits.ts';
import type {TextKey} from '../texts.ts';

/** Pixels of a rem in a small window. */
const SMALL_REM = 14;
/** Cells are this many times as large where one hits them with a finger. */
const FINGER = 1.5;
const modes: Mode[] = ['values', 'gradients', 'both'];

export function stagePanel(inside: Inside): void {
  const {app} = inside;
  const row = element('stations');
  const imageStation = element('image-station');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const narrow = matchMedia('(max-width: 47.5em)'); // as in the sheet
  const modeInputs = makeModes(inside);
  let preset: Preset | undefined;
  let stations: StationView[] = [];
  let views: View[] = [];
  /** The cell that decided the slices that are shown. */
  let slicedBy: Cell | undefined;
  /** The cell under the keys, said to a screen reader. */
  let keyed: Cell | undefined;
  let said: Cell | undefined;
  /** What the pictures show. */
  let drawn: unknown[] = [];
  let sized = '';
  let stop: unknown;
  /** What was written in this language, and of this network. */
  let written = '';

  function build(wanted: Preset): void {
    preset = wanted;
    for (const {element, body, head, dead} of stations) {
      if (element === imageStation)
        for (const part of [body, head.shape, head.count, dead]) part.remove();
      else element.remove();
    }
    imageStation.querySelector('.name')?.remove();
    stations = stationsOf(wanted).map(station => {
      const isImage = station.op === 'image';
      const made = isImage ? imageStation : create('div');
      if (!isImage) row.append(made);
      const view = makeStation(wanted, station, made);
      follow(view);
      return view;
    });
    views = stations.flatMap(({sides}) => sides.flatMap(side => side.views));
    for (const {station, sides} of stations) {
      if (station.op === 'dense') setSlice(sides, inside.label);
    }
    drawn = [];
    sized = written = '';
  }

  function follow({station, body, sides, select}: StationView): void {
    select?.addEventListener('change', () => {
      setSlice(sides, Number(select.value));
      inside.changed();
    });
    const own = () => sides.flatMap(side => side.views).filter(({box}) => box.offsetParent);
    /** Also in a slice that is not shown: a key may come before the picture that follows the one before it. */
    const isOwn = (cell?: Cell) =>
      own().some(({of, isGradient}) => of === cell?.of && isGradient === cell.isGradient);
    for (const view of sides.flatMap(side => side.views)) {
      view.box.addEventListener('pointermove', event => {
        if (inside.look) inside.hover(view.cellAt(event));
      });
      view.box.addEventListener('pointerleave', () => inside.hover(undefined));
      view.box.addEventListener('click', event => {
        if (inside.look) inside.select(view.cellAt(event));
      });
    }
    const current = () => {
      const {cell, hovered} = inside;
      if (isOwn(cell)) return cell!;
      if (isOwn(hovered)) return hovered!;
      if (isOwn(keyed)) return keyed!; // the page moved away from under a resting pointer
      const shown = own();
      const main = shown.find(({of}) => of === station.name) ?? shown[0];
      return main?.cellOf({channel: 0, row: 0, column: 0});
    };
    const goTo = (cell: Cell) => {
      keyed = cell;
      if (isOwn(inside.cell)) inside.select(cell);
      inside.hover(cell);
    };
    body.addEventListener('focus', () => {
      const cell = current();
      if (inside.look && cell && body.matches(':focus-visible')) goTo(cell);
    });
    body.addEventListener('blur', () => {
      keyed = undefined;
      inside.hover(undefined);
    });
    body.addEventListener('keydown', event => {
      const cell = current();
      if (event.target !== body || !inside.look || !cell) return;
      if (event.key === 'Enter') inside.select(cell);
      else {
        const to = walk(own(), cell, event);
        if (!to) return;
        goTo(to);
      }
      event.preventDefault();
    });
  }

  /** A filter shows its slice of the input channel, and dense's weights show the class, that the visitor points at. */
  function slice(): void {
    const {hovered, cell, term, explanation} = inside;
    const reason = term === undefined ? undefined : explanation?.reason;
    const factors = reason?.kind === 'sum' ? (reason.terms[term!]?.factors ?? []) : [];
    const weight = factors.find(factor => factor.cell.of.includes('.'))?.cell;
    const by = hovered ?? weight ?? cell;
    if (!by || sameCell(by, slicedBy)) return;
    slicedBy = by;
    for (const {station, sides} of stations) {
      const weights = sides[0].views.find(({addresses}) => addresses.slices > 1);
      if (!weights) continue;
      if (by.of === weights.of) setSlice(sides, weights.addresses.place(by.at).slice);
      else if (station.op === 'dense' && /^(dense|dense.bias|softmax)$/.test(by.of))
        setSlice(sides, by.at[0]);
      else if (station.op === 'conv2d' && by.of === station.input) setSlice(sides, by.at[2]);
    }
  }

  function showPictures(): void {
    const {look, mode, image} = inside;
    const theme = dark.matches ? 'dark' : 'light';
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const scale = (rem / SMALL_REM) * (narrow.matches ? FINGER : 1);
    const size = `${scale} ${devicePixelRatio}`;
    if (size !== sized) {
      for (const each of stations) resize(each, scale, devicePixelRatio);
      sized = size;
    }
    if (!look) return;
    const shownImage = inside.stop ? look.image : image;
    const slices = views.map(view => view.slice).join();
    const wanted = [look, mode, shownImage, theme, size, slices, app.language];
    if (wanted.every((each, i) => each === drawn[i])) return;
    drawn = wanted;
    const shown: Shown = {
      look,
      image: shownImage,
      scales: {value: scaleOf('value', theme), gradient: scaleOf('gradient', theme)},
    };
    for (const each of stations) draw(app, each, shown);
  }

  /** A value's cell stands for its gradient's where only gradients are shown, and the other way round. */
  const visible = (cell: Cell): Cell => {
    const own = views.find(({of, isGradient}) => of === cell.of && isGradient === cell.isGradient);
    const isHidden = !own || own.box.parentElement!.hidden;
    return isHidden ? {...cell, isGradient: !cell.isGradient} : cell;
  };

  /** Of the run as it is now. */
  const deadOf = (name: string) => (inside.film ? undefined : inside.dead[name]);

  function showMarks(): void {
    const {hovered, cell, term} = inside;
    const pointed = hovered ?? cell;
    const explanation = pointed && inside.explain(pointed);
    const marks = explanation
      ? marksOf(explanation, sameCell(pointed, cell) ? term : undefined)
      : [];
    const shown: Pointed = {
      marks: marks.map(mark => ({...mark, cell: visible(mark.cell)})),
      hovered: hovered && visible(hovered),
      selected: cell && visible(cell),
    };
    const {letter} = inside;
    const of = stations.find(({station: {name}}) => name === cell?.of.split('.')[0])?.station;
    const axis = (view: View, station: Station) =>
      letter && cell && of ? axisOf(letter, of, view, station, visible(cell)) : undefined;
    for (const {station, sides} of stations) {
      for (const view of sides.flatMap(side => (side.element.hidden ? [] : side.views))) {
        const crossed = view.of === station.name ? deadOf(station.name) : undefined;
        drawMarks(view, {...shown, dead: crossed, axis: axis(view, station)});
      }
    }
  }

  const numberAt = (cell: Cell): number | undefined => {
    const {look} = inside;
    const numbers = cell.isGradient ? look?.gradients[cell.of] : look?.values[cell.of];
    return look && numbers?.[indexOf(shapesOf(look.preset)[cell.of], cell.at)];
  };
  const cellSentence = (cell?: Cell) => {
    const value = cell && numberAt(cell);
    if (!cell || value === undefined) return '';
    return app.say('cellIs', {
      cell: cellText(cell).replace('[]', ''),
      value: numberText(app, value),
    });
  };

  function showTexts(): void {
    const {look, image, mode, film} = inside;
    if (written !== app.language) {
      written = app.language;
      const count = app.number(parameters(preset!));
      setText(element('stage-title'), app.say('wholeNetwork', {preset: preset!, count}));
      for (const each of stations) speak(app, preset!, each);
    }
    for (const {select, sides} of stations) {
      const shown = sides[0].views[0].slice;
      if (select) select.value = String(shown);
    }
    for (const [i, input] of modeInputs.entries()) input.checked = modes[i] === mode;
    row.dataset.mode = mode;
    const pointed = inside.hovered ?? inside.cell;
    setText(element('stage-at'), pointed ? cellSentence(pointed) : app.say('stageHint'));
    if (!sameCell(said, keyed)) {
      said = keyed; // its value changes with every batch
      setText(element('stage-said'), sameCell(keyed, inside.cell) ? '' : cellSentence(keyed));
    }
    const isLost = app.phase === 'lost';
    row.classList.toggle('lost', isLost);
    const notes = stations.flatMap(({station: {name, op}, dead}) => {
      const isDead = deadOf(name) ?? [];
      const channels = [...isDead.keys()].filter(channel => isDead[channel]);
      const list = channels.join(', ');
      if (op === 'relu') setText(dead, list && app.say('deadChannels', {channels: list}));
      if (!list) return [];
      const key = channels.length > 1 ? 'deadMean' : 'deadMeans';
      return [app.say(key, {channels: list, name})];
    });
    if (film) notes.unshift(app.say('filmOf', {batch: app.number(film.batch)}));
    if (isLost) notes.unshift(app.say('stageLost'));
    setText(element('stage-note'), notes.join(' '));
    imageStation.classList.toggle('slow', inside.stop !== undefined); // another image flows than the pad's
    showVerdict(inside.stop !== undefined || !look || sameImage(look.image, image));
  }

  function showVerdict(isCurrent: boolean): void {
    const {look} = inside;
    if (pad.isBlank && !inside.stop) {
      for (const id of ['verdict', 'spoken']) setText(element(id), app.say('blank'));
      return;
    }
    if (!isCurrent && app.phase !== 'lost') return; // the answer follows
    const shares = isCurrent ? look?.values.softmax : undefined;
    const digit = shares?.indexOf(Math.max(...shares)) ?? -1;
    if (!shares || digit < 0) {
      for (const id of ['verdict', 'spoken']) setText(element(id), app.say('noVerdict'));
      return;
    }
    const share = shareText(app, shares[digit]);
    setText(element('verdict'), app.say('verdict', {digit, share}));
    setText(element('spoken'), app.say('spokenVerdict', {digit})); // the share changes with every batch
  }

  function showStop(): void {
    const {stop: at} = inside;
    const order = stations.map(({station}) => station.name);
    const reached = order.indexOf(at?.station ?? '');
    /** Slow motion has not come there yet: on the way back, it comes from the loss. */
    const isLater = (name: string) =>
      (at?.direction === 'forward' && order.indexOf(name) > reached) ||
      (at?.direction === 'backward' && order.indexOf(name) < reached);
    for (const {station, element, head} of stations) {
      const isUpdate = at?.direction === 'update';
      const isHere = isUpdate ? station.weights.length > 0 : at?.station === station.name;
      element.classList.toggle('here', isHere);
      element.classList.toggle('later', isLater(station.name));
      const arrows = {forward: '→', backward: '←', update: '↻'};
      setText(head.arrow, isHere ? arrows[at!.direction] : '');
      if (isHere && !isUpdate && at !== stop)
        element.scrollIntoView({block: 'nearest', inline: 'nearest'});
    }
    stop = at;
  }

  element('stage').addEventListener('keydown', event => {
    if (event.key !== 'Escape' || !inside.cell) return;
    inside.select(undefined);
    event.preventDefault();
  });

  const pad = makePad(inside);
  build(app.settings.preset);
  const showDigits = makeTestDigits(inside, pad);
  dark.addEventListener('change', () => inside.changed());
  addEventListener('resize', () => inside.changed());
  inside.onChange(() => {
    const wanted = inside.look?.preset ?? app.settings.preset;
    if (wanted !== preset) build(wanted);
    for (const {sides} of stations) {
      if (sides.length === 1) continue; // softmax stays: it has values alone
      for (const {element, isGradient} of sides) {
        element.hidden = inside.mode === (isGradient ? 'values' : 'gradients');
      }
    }
    slice();
    showPictures();
    showMarks();
    showTexts();
    showStop();
    showDigits();
  });
}

function setSlice(sides: Side[], slice: number): void {
  for (const view of sides.flatMap(({views}) => views)) {
    if (view.addresses.slices > 1) view.slice = slice;
  }
}

const sameImage = (a: Uint8Array, b: Uint8Array) => a.every((value, i) => value === b[i]);

function makeModes(inside: Inside): HTMLInputElement[] {
  return modes.map(mode => {
    const input = create('input', {type: 'radio', name: 'mode', value: mode});
    const text = create('span');
    text.dataset.text = `stageMode_${mode}` satisfies string as TextKey;
    element('modes').append(create('label', {}, input, text));
    input.addEventListener('change', () => inside.set({mode}));
    return input;
  });
}
