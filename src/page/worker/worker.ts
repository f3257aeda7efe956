// Runs beside the page, so that the page never waits for a step.
import {contextIsLost} from '../../context_loss.ts';
import {nudge} from '../arithmetic/nudge.ts';
import type {PageError} from '../page_error.ts';
import type {Answers, Command, FromWorker, News, Question, ToWorker} from '../protocol.ts';
import {fastestBuild, findMissing, threadsHere} from './backends.ts';
import {ImageLoader} from './image_loader.ts';
import {Trainer} from './trainer.ts';

const post = (message: FromWorker) => (postMessage as (message: FromWorker) => void)(message);
const tell = (news: News) => post(news);

const images = new ImageLoader(new URL('mnist/', import.meta.url).href, arrived =>
  tell({kind: 'images', arrived}),
);
const trainer = new Trainer(images, tell);

const commands: {[K in Command['kind']]: (command: Extract<Command, {kind: K}>) => unknown} = {
  load: () =>
    images.load().catch(({key, values}: PageError) => tell({kind: 'noData', why: {key, values}})),
  reset: ({settings}) => trainer.reset(settings),
  train: ({batches}) => trainer.train(batches),
  trainOne: ({batches}) => trainer.train(batches, true),
  pause: () => trainer.pause(),
  backend: ({backend}) => trainer.moveTo(backend),
  threads: ({threads}) => trainer.useThreads(threads),
  restore: ({run}) => trainer.restore(run),
  resume: ({run, results}) => trainer.resume(run, results),
  edit: ({weights}) => trainer.edit(weights),
  undo: () => trainer.undo(),
  returnTo: ({frame}) => trainer.returnTo(frame),
  loseContext: () => trainer.loseContext(),
};

const questions: {
  [K in Question['kind']]: (question: Extract<Question, {kind: K}>) => Promise<Answers[K]>;
} = {
  predict: ({images}) => trainer.answers.predict(images),
  testImages: ({indices}) => trainer.answers.testImages(indices),
  testLabels: async () => trainer.answers.testLabels(),
  save: () => trainer.answers.save(),
  look: ({image, label, frame}) => trainer.answers.look(image, label, frame),
  lookElsewhere: ({image, label}) => trainer.lookElsewhere(image, label),
  dead: () => trainer.answers.dead(),
  slowStep: () => trainer.slowStep(),
  nudge: async ({look, cell}) => nudge(look, cell),
  rest: () => trainer.queue.end.then(() => undefined),
};

addEventListener('message', async ({data}: MessageEvent<ToWorker>) => {
  if ('id' in data) {
    const {id} = data;
    const answer = await questions[data.kind](data as never).catch(error => {
      // An answer fails if the context is lost meanwhile, which the trainer says itself.
      if (!trainer.isLost && !contextIsLost()) console.error(error);
      return undefined;
    });
    post({kind: 'answer', id, answer});
  } else {
    commands[data.kind](data as never);
  }
});
tell({kind: 'threads', ...threadsHere()});
tell({kind: 'missing', missing: findMissing(), wasm: fastestBuild});
