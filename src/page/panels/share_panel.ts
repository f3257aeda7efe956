// Keeps and shares a run: as a link, which trains it again, as a file of its weights, and in the browser.
import './share_panel.css';
import {checkSize, type WeightsInput} from '../../weights/files.ts';
import type {Format} from '../../weights/write_weights.ts';
import type {App} from '../app.ts';
import {create, element, setEnabled, setText} from '../dom.ts';
import type {Keep} from '../keep/keep.ts';
import {linkOf} from '../link.ts';
import {PageError} from '../page_error.ts';
import type {Sentence} from '../protocol.ts';

export function sharePanel(app: App, keep: Keep): void {
  const link = element<HTMLInputElement>('link');
  const upload = element<HTMLInputElement>('upload');
  const format = element<HTMLSelectElement>('format');

  element('copy').addEventListener('click', async () => {
    link.select();
    try {
      await navigator.clipboard.writeText(link.value);
      app.notice = {key: app.hasOwnWeights ? 'copiedSettings' : 'copied'};
    } catch {
      app.notice = {key: 'notCopied'};
    }
    app.changed();
  });

  element('save').addEventListener('click', async () => {
    try {
      const {filesOf} = await weightsCode();
      const run = await app.ask({kind: 'save'});
      app.notice = {key: 'notSaved'};
      if (run?.weights.every(values => values.every(Number.isFinite))) {
        const files = filesOf(run, format.value as Format);
        for (const file of files) download(file);
        const [name, other = ''] = files.map(({name}) => name);
        app.notice = {key: other ? 'savedBoth' : 'saved', values: {name, other}};
      }
    } catch (error) {
      app.showError(error);
    }
    app.changed();
  });

  upload.addEventListener('change', async () => {
    const chosen = [...(upload.files ?? [])];
    upload.value = '';
    if (chosen.length === 0) return;
    try {
      for (const {size} of chosen) checkSize(size);
      const {readRun} = await weightsCode();
      const read = async (file: File) => ({name: file.name, bytes: await bytesOf(file)});
      const {said, ...run} = readRun(await Promise.all(chosen.map(read)));
      app.restore(run);
      const name = chosen.map(({name}) => name).join(', ');
      const values = {name, batch: run.batch, said: app.sentence(said)};
      app.notice = {key: 'restored', values};
    } catch (error) {
      app.showError(error);
    }
    app.changed();
  });

  element('forget').addEventListener('click', () => keep.forget());

  app.onChange(() => {
    // At rest, the link leads to the batch that the run has reached; otherwise to its end.
    const batches = app.isBusy || app.batch === 0 ? app.settings.batches : app.batch;
    const {origin, pathname} = location;
    link.value = `${origin}${pathname}${linkOf({...app.settings, batches})}`;
    setEnabled(element('save'), app.phase !== 'starting');
    setText(element('kept'), app.sentence(keptSentence(keep)));
    setEnabled(element('forget'), keep.batch !== undefined);
  });
}

const bytesOf = async (file: File) => new Uint8Array(await file.arrayBuffer());

/** Fetched when the first file is saved or opened. @throws PageError if it can't be */
const weightsCode = () =>
  import('../weights_file.ts').catch(() => {
    throw new PageError('weightsFailed');
  });

function download({name, bytes}: WeightsInput): void {
  const url = URL.createObjectURL(new Blob([bytes.slice()]));
  create('a', {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function keptSentence({refusal, batch, isForgotten}: Keep): Sentence {
  if (refusal) return refusal;
  if (batch !== undefined) return {key: 'kept', values: {batch}};
  return {key: isForgotten ? 'keptForgotten' : 'keptLater'};
}
