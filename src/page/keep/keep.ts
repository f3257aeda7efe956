// Keeps the run in the browser, so that a reload goes on where it was. Each tab keeps its own run, under an id in the state of its entry
// in the tab's history: a reload finds it there, and so does the way back from a link to another run.
import type {App} from '../app.ts';
import {namesRun} from '../link.ts';
import type {Sentence} from '../protocol.ts';
import type {Frame} from '../time/film.ts';
import {KeptLosses, readRecord, recordOf} from './kept_run.ts';
import {KeptRuns} from './kept_runs.ts';

/** Least milliseconds between two writings while a run trains, and how many more for each of its losses: a million are 4 MB. */
const INTERVAL = 1000;
const PER_LOSS = 0.01;

export class Keep {
  /** The batch up to which the run is kept; undefined if nothing of it is. */
  batch?: number;
  /** The visitor wants this run to be kept no more. */
  isForgotten = false;
  /** Why the browser keeps nothing. */
  refusal?: Sentence;
  private readonly runs = new KeptRuns();
  private readonly losses = new KeptLosses();
  private id?: string;
  /** Which of the app's runs is kept. */
  private run = 0;
  /** The frame, and the state of a run at rest, that were seen last: what is written is newer. */
  private frame?: Frame;
  private rest = '';
  /** When the next writing is due. */
  private due = 0;

  constructor(private readonly app: App) {
    app.onChange(() => this.update());
    // A tab in the background may end without another word.
    addEventListener('pagehide', () => this.update(true));
    document.addEventListener('visibilitychange', () => this.update(document.hidden));
  }

  /** Looks for the run of this tab, or for the newest of a closed one if no link begins another. */
  async find(): Promise<unknown> {
    const own = idInHistory();
    try {
      if (!own) return namesRun(location.hash) ? undefined : await this.runs.newest();
      return (await this.runs.claim(own)) ? await this.runs.get(own) : undefined;
    } catch (error) {
      this.refuse(error);
      return undefined;
    }
  }

  /** As the page opens: goes on with the run that was found, or begins one. @returns whether one was found */
  begin(record: unknown): boolean {
    const {app} = this;
    if (this.goOn(record, isReload())) return true;
    this.takeId();
    const {notice} = app;
    app.reset();
    app.notice = notice;
    return false;
  }

  /** After a move to another address within the page. @returns whether its run is there, so that its link must not begin it */
  async follow(): Promise<boolean> {
    const id = idInHistory();
    if (id === this.id) return true;
    if (id) {
      this.update(true);
      return this.goOn(await this.find(), false);
    }
    if (!namesRun(location.hash)) this.mark();
    return false;
  }

  /** Forgets this run, which is kept no more, and those of closed tabs. */
  async forget(): Promise<void> {
    this.isForgotten = true;
    this.batch = undefined;
    await this.runs.deleteAll().catch(error => this.refuse(error));
    this.app.changed();
  }

  private goOn(record: unknown, mayTrain: boolean): boolean {
    const {app} = this;
    if (record === undefined) return false;
    const kept = readRecord(record);
    if (!kept) {
      app.notice = {key: 'keptUnreadable'};
      return false;
    }
    this.id = (record as {id: string}).id;
    this.batch = kept.batch;
    this.isForgotten = false;
    this.run = app.runs + 1; // when the worker says that it began
    this.mark();
    app.resume(kept, kept.results, kept.hasOwnWeights);
    if (mayTrain && kept.isTraining) app.train();
    app.notice = {key: 'keptGoesOn', values: {batch: kept.batch}};
    return true;
  }

  /** Keeps what follows as a run of its own. */
  private takeId(): void {
    this.id = `${Date.now()} ${Math.random()}`;
    this.batch = undefined;
    void this.runs.claim(this.id);
  }

  private mark(): void {
    if (idInHistory() !== this.id) history.replaceState({...history.state, run: this.id}, '');
  }

  /** @param isLast the page may end now */
  private update(isLast = false): void {
    const {app} = this;
    if (!this.id || app.phase === 'starting' || app.runs < this.run) return;
    if (app.runs > this.run) this.changeRun();
    if (this.isForgotten || app.isFresh) return;
    if (!app.isBusy) {
      void this.writeAtRest();
      return;
    }
    const {frame} = app;
    const isDue = isLast || performance.now() >= this.due;
    // After the batch that follows a frame, its tests are known.
    if (isDue && frame && frame !== this.frame && frame.batch > 0 && frame.batch < app.batch) {
      void this.write(frame);
    }
  }

  /** A new run takes the place of the last one, by a reset or a file; with the entry of a link, the last one stays at its own. */
  private changeRun(): void {
    this.run = this.app.runs;
    this.isForgotten = false;
    this.due = 0;
    if (idInHistory() === this.id) this.runs.delete(this.id!).catch(error => this.refuse(error));
    else if (this.batch !== undefined) this.takeId();
    this.batch = undefined;
  }

  private async writeAtRest(): Promise<void> {
    const {app, run} = this;
    const rest = `${app.weightsKey} ${app.settings.batches}`;
    if (rest === this.rest) return;
    this.rest = rest;
    const saved = await app.ask({kind: 'save'});
    const areFinite = (values: Float32Array) => values.every(Number.isFinite);
    if (!saved || ![...saved.weights, ...saved.velocities].every(areFinite)) return;
    if (app.runs === run && !this.isForgotten) await this.write(saved);
  }

  private async write(frame: Frame): Promise<void> {
    const {app, run} = this;
    this.frame = app.frame;
    this.due = performance.now() + INTERVAL + PER_LOSS * frame.batch;
    this.mark();
    try {
      await this.runs.put(recordOf(app, this.id!, frame, this.losses));
      this.refusal = undefined;
      if (this.run === run && !this.isForgotten) this.batch = frame.batch;
    } catch (error) {
      this.refuse(error);
    }
    app.changed();
  }

  private refuse(error: unknown): void {
    const {name, message} = error as Error;
    this.refusal = {key: 'keptRefused', values: {message: message || name}};
  }
}

const idInHistory = (): string | undefined => history.state?.run;

/** The page was loaded again, by the visitor or by a browser that had put its tab away. */
function isReload(): boolean {
  const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return entry?.type === 'reload' || ('wasDiscarded' in document && document.wasDiscarded === true);
}
