// The network at every tenth batch of the run, as a film. Its end is the present.
import {element, setEnabled, setText} from '../dom.ts';
import type {Inside} from '../inside/inside.ts';
import type {Frame} from './film.ts';

/** Milliseconds of a whole film, and between two of its pictures. */
const WHOLE_MS = 6000;
const PICTURE_MS = 50;

export function filmStrip(inside: Inside): void {
  const {app} = inside;
  const slider = element<HTMLInputElement>('film-slider');
  const play = element('film-play');
  let timer: ReturnType<typeof setInterval> | undefined;

  /** All but the present. */
  const past = () => app.film.frames.filter(({batch}) => batch < app.batch);
  const show = (film: Frame | undefined) => inside.set({film});

  function pause(): void {
    clearInterval(timer);
    timer = undefined;
    inside.changed();
  }

  function begin(): void {
    const {length} = past();
    const first = inside.film ? past().findIndex(({batch}) => batch === inside.film!.batch) : 0;
    const start = performance.now();
    timer = setInterval(() => {
      const at = first + Math.floor((length * (performance.now() - start)) / WHOLE_MS);
      const film = at < length ? past()[at] : undefined;
      if (!film) pause(); // at its end, or the run began anew
      show(film);
    }, PICTURE_MS);
    inside.changed();
  }

  slider.addEventListener('input', () => {
    pause();
    show(past()[Number(slider.value)]);
  });
  element('film').addEventListener('keydown', event => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    pause();
    show(undefined);
  });
  play.addEventListener('click', () => (timer === undefined ? begin() : pause()));

  inside.onChange(() => {
    const frames = past();
    const {film} = inside;
    const at = film ? frames.findIndex(({batch}) => batch === film.batch) : frames.length;
    if (at < 0 || (film && inside.stop)) {
      pause();
      show(undefined); // the run went back behind it, or thinned its film
      return;
    }
    const now = app.number(app.batch);
    const text = film
      ? app.say('filmAt', {batch: app.number(film.batch), now})
      : app.say('filmLive', {now});
    const isEmpty = frames.length === 0;
    slider.max = String(frames.length);
    slider.value = String(at);
    slider.setAttribute('aria-valuetext', text);
    setText(element('film-text'), text);
    setEnabled(slider, !isEmpty);
    setEnabled(play, !isEmpty);
    setText(play, timer === undefined ? '▶' : '❚❚');
    play.setAttribute('aria-label', app.say(timer === undefined ? 'playFilm' : 'pauseFilm'));
    const why = isEmpty ? app.say('filmEmpty') : '';
    setText(element('film-why'), why);
    slider.title = play.title = why;
  });
}
