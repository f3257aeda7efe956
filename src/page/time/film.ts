// A run at every tenth batch. A long run keeps every twentieth, every fortieth …
import type {State} from '../../recipe.ts';

export interface Frame extends State {
  /** Batches trained. */
  batch: number;
}

/** Batches between two frames, as the worker sends them. */
export const FILM_EVERY = 10;
/** 24 kB each, 45 for mnist-core; with velocities twice that. */
const MOST_FRAMES = 400;

export class Film {
  frames: Frame[] = [];
  private every = FILM_EVERY;

  /** The first frame may be of any batch: a file's run begins there. */
  add(frame: Frame): void {
    this.frames = this.frames.filter(({batch}) => batch < frame.batch);
    if (this.frames.length > 0 && frame.batch % this.every > 0) return;
    if (this.frames.length === MOST_FRAMES) {
      this.every *= 2;
      this.frames = this.frames.filter((_, i) => i % 2 === 0);
      if (frame.batch % this.every > 0) return;
    }
    this.frames.push(frame);
  }

  forgetAfter(last: number): void {
    this.frames = this.frames.filter(({batch}) => batch <= last);
    if (this.frames.length === 0) this.every = FILM_EVERY;
  }
}
