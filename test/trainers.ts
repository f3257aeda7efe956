// The page's trainer without a page, on images made here. All its news are kept.
import type {News, Phase} from '../src/page/protocol.ts';
import type {Settings} from '../src/page/settings.ts';
import type {ImageLoader} from '../src/page/worker/image_loader.ts';
import {Trainer} from '../src/page/worker/trainer.ts';
import {syntheticFiles} from './synthetic.ts';

const trainers: Trainer[] = [];

/** Disposes of the networks of all trainers: the tests of other files share the process, and count. */
export function endTrainers(): void {
  for (const {run} of trainers.splice(0)) run?.dispose();
}

/** A trainer at the beginning of a run, with all images loaded. */
export async function beginTrainer(settings: Settings) {
  const images = {
    arrived: 60_000,
    files: syntheticFiles({train: 400, test: 1000}),
    until: async () => {},
  } as unknown as ImageLoader;
  const news: News[] = [];
  const listeners = new Set<(news: News) => void>();
  const trainer = new Trainer(images, each => {
    news.push(each);
    for (const listener of listeners) listener(each);
  });
  trainers.push(trainer);
  const talk = {
    trainer,
    news,
    listeners,
    /** Gives a command and waits until the trainer says this phase. */
    until: (wanted: Phase, command: () => void) =>
      new Promise<void>(resolve => {
        const listener = (each: News) => {
          if (each.kind !== 'phase' || each.phase !== wanted) return;
          listeners.delete(listener);
          resolve();
        };
        listeners.add(listener);
        command();
      }),
    reset: (settings: Settings) => talk.until('ready', () => trainer.reset(settings)),
    train: (batches: number) => talk.until('done', () => trainer.train(batches)),
    /** All news of a kind. */
    heard: <K extends News['kind']>(kind: K) =>
      news.filter((each): each is Extract<News, {kind: K}> => each.kind === kind),
    losses: () => talk.heard('batch').map(({loss}) => loss),
  };
  await talk.reset(settings);
  return talk;
}
