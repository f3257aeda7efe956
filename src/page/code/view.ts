// Draws the code panel: tabs, the letters, and the lines of the selected number.
import {create, element, setText} from '../dom.ts';
import {shapesOf} from '../inside/cells.ts';
import type {Inside} from '../inside/inside.ts';
import {followKeys} from '../panels/tabs.ts';
import type {Backend} from '../settings.ts';
import type {TextKey} from '../texts.ts';
import {type Anchors, anchorsOf, letters, meaningOf, shaderOf, type Tab, tabs} from './anchors.ts';
import {linesOf} from './excerpts.ts';
import {layersCall} from './layers_call.ts';
import {excerptOf, fileLink, listing, load} from './listing.ts';
import {type Pass, type Situation, situationOf} from './makings.ts';

const names: Record<Tab, TextKey | 'TypeScript' | 'AssemblyScript' | 'GLSL' | 'tf.layers'> = {
  formula: 'codeFormula',
  definition: 'codeDefinition',
  reference: 'codeReference',
  typescript: 'TypeScript',
  assemblyscript: 'AssemblyScript',
  glsl: 'GLSL',
  shader: 'codeShaderTab',
  layers: 'tf.layers',
};
/** The tab with the kernels of a backend. */
const running: Record<Backend, Tab> = {
  cpu: 'typescript',
  simd: 'assemblyscript',
  webgl: 'glsl',
  wasm: 'reference',
};
const notes: Partial<Record<Pass, TextKey>> = {
  pixel: 'codePixel',
  one: 'codeOne',
  update: 'codeUpdate',
  probabilitiesGradient: 'codeProbabilities',
};

export function showCode(inside: Inside): void {
  const {app} = inside;
  const say = app.say.bind(app);
  const section = element('code');
  const heading = create('h2', {id: 'code-title', className: 'hidden'});
  const note = create('p', {id: 'code-note', className: 'note'});
  const list = create('div', {id: 'code-tabs'});
  const row = create('div', {className: 'row'});
  const meaning = create('p', {id: 'meaning', className: 'note'});
  const alphabet = create('div', {id: 'letters'}, row, meaning);
  const body = create('div', {id: 'code-body', tabIndex: 0});
  list.setAttribute('role', 'tablist');
  row.setAttribute('role', 'group');
  meaning.setAttribute('role', 'status');
  body.setAttribute('role', 'tabpanel');
  section.setAttribute('aria-labelledby', heading.id);
  section.replaceChildren(heading, list, alphabet, note, body);

  /** The tab that the visitor chose last; another is shown where the number has no code there. */
  let chosen: Tab = 'formula';
  const buttons = new Map(tabs.map(tab => [tab, makeTab(tab)]));
  list.append(...buttons.values());
  followKeys(list, () => [...buttons.values()].filter(button => !button.hidden));

  function makeTab(tab: Tab): HTMLButtonElement {
    const button = create('button', {type: 'button', id: `code-${tab}`});
    button.setAttribute('role', 'tab');
    button.setAttribute('aria-controls', body.id);
    button.addEventListener('click', () => choose(tab));
    return button;
  }

  function choose(tab: Tab): void {
    chosen = tab;
    update();
  }

  const pick = (letter?: string) =>
    inside.set({letter: letter === inside.letter ? undefined : letter});
  body.addEventListener('click', ({target}) => {
    const {letter} = (target as HTMLElement).dataset;
    if (letter && getSelection()?.isCollapsed !== false) pick(letter);
  });

  let shownLetters = '';
  function showLetters(pass: Pass): void {
    const own = letters[pass];
    if (own.join() !== shownLetters) {
      shownLetters = own.join();
      row.replaceChildren(
        ...own.map(letter => {
          const button = create('button', {type: 'button', className: 'letter'}, letter);
          button.dataset.letter = letter;
          button.addEventListener('click', () => pick(letter));
          return button;
        }),
      );
    }
    alphabet.hidden = own.length === 0;
    row.setAttribute('aria-label', say('codeLetters'));
    for (const button of row.children) {
      const isOn = (button as HTMLElement).dataset.letter === inside.letter;
      button.setAttribute('aria-pressed', String(isOn));
    }
    const {letter} = inside;
    const values =
      letter && own.includes(letter) ? {letter, meaning: say(meaningOf(pass, letter))} : undefined;
    setText(meaning, values ? say('codeMeaning', values) : say('codeLetterHelp'));
  }

  function markLetters(pass: Pass): void {
    const isOwn = letters[pass].includes(inside.letter ?? '');
    for (const each of body.querySelectorAll<HTMLElement>('[data-letter]')) {
      each.classList.toggle('on', isOwn && each.dataset.letter === inside.letter);
    }
  }

  let state = '';
  function update(): void {
    const situation = situationOf(inside);
    if (!situation) return;
    const {preset, pass, station, hasMomentum} = situation;
    const anchors = anchorsOf(situation);
    const hasLayers = !['pixel', 'one', 'probabilitiesGradient'].includes(pass);
    const has = (tab: Tab) => {
      if (tab === 'layers') return hasLayers;
      return tab === 'shader' ? shaderOf(pass) !== undefined : tab in anchors;
    };
    const tab = has(chosen) ? chosen : tabs.find(has)!;
    const runs = running[app.settings.backend];
    for (const [name, button] of buttons) {
      const isRunning = name === runs;
      button.hidden = !has(name);
      button.setAttribute('aria-selected', String(name === tab));
      button.tabIndex = name === tab ? 0 : -1;
      button.classList.toggle('running', isRunning);
      button.title = isRunning ? say('codeRunning') : '';
      const text = names[name];
      setText(button, text.startsWith('code') ? say(text as TextKey) : text);
    }
    body.setAttribute('aria-labelledby', `code-${tab}`);
    setText(heading, say('codeOf', {pass, station: station.name}));
    const remark = pass === 'update' && hasMomentum ? 'codeUpdateMomentum' : notes[pass];
    note.hidden = !remark;
    setText(note, remark ? say(remark) : '');
    showLetters(pass);

    const wanted = JSON.stringify([
      tab,
      anchors[tab as keyof Anchors],
      preset,
      station.name,
      pass,
      app.language,
    ]);
    if (wanted === state) {
      markLetters(pass);
      return;
    }
    state = wanted;
    body.ariaBusy = 'true';
    const failed = () => [create('p', {className: 'bad'}, say('codeFailed'))];
    contentOf(inside, situation, tab, anchors)
      .catch(failed)
      .then(content => {
        if (state !== wanted) return; // another cell or tab is shown by now
        body.replaceChildren(...content);
        body.ariaBusy = 'false';
        markLetters(pass);
        const line = body.querySelector<HTMLElement>('.runs');
        body.scrollTop = line ? line.offsetTop - body.clientHeight / 3 : 0;
      });
  }
  inside.onChange(update);
  update();
}

/** What stands in a tab. */
async function contentOf(
  inside: Inside,
  situation: Situation,
  tab: Tab,
  anchors: Anchors,
): Promise<Node[]> {
  const own = letters[situation.pass];
  if (tab === 'layers') return layersOf(inside, situation);
  if (tab === 'shader') return shadersOf(inside, situation, own);
  const excerpts = anchors[tab]!;
  const parts = excerpts.map((excerpt, i) =>
    excerptOf(excerpt, i < excerpts.length - 1 ? 'calls' : 'runs', own),
  );
  return (await Promise.all(parts)).flat();
}

function layersOf({app}: Inside, situation: Situation): Node[] {
  const {input} = situation.station;
  const shape = shapesOf(situation.preset)[input ?? 'image'];
  const lines = linesOf(layersCall(situation, shape, app.settings));
  return [
    create('p', {className: 'note'}, app.say('codeLayers')),
    listing(lines, {first: 0, end: lines.length}, [], []),
  ];
}

/** A fragment program's first function that isn't TensorFlow.js's own. */
const OURS = /^\s*(ivec2 \w+Line|float \w+Number)\(/;

/** The fragment programs of the kernel at this station. */
async function shadersOf(
  {app}: Inside,
  {preset, pass, station}: Situation,
  own: readonly string[],
): Promise<Node[]> {
  const {kernel, line: runs} = shaderOf(pass)!;
  const file = `shaders/${preset}/${station.name}.${kernel}`;
  const lines = await load(file);
  const starts = lines.flatMap((line, i) => (line.startsWith('#version') ? [i] : []));
  return starts.flatMap((start, i) => {
    const first = lines.findIndex((line, at) => at > start && OURS.test(line));
    const end = starts[i + 1] ?? lines.length;
    const marked = lines.flatMap((line, at) =>
      at >= first && at < end && line.includes(runs)
        ? [{first: at, end: at + 1, className: 'runs'}]
        : [],
    );
    const note = app.say('codeShader', {line: first + 1});
    return [
      fileLink(file),
      create('p', {className: 'note'}, note),
      listing(lines, {first, end}, marked, own),
    ];
  });
}
