// Keeps and shares a run: as a link, which trains it again, as a file of its weights, and in the browser.
import './share_panel.css';
import {checkSize} from '../../weights/files.ts';
import type {App} from '../app.ts';
import {create, element, setEnabled, setText} from '../dom.ts';
import type {Keep} from '../keep/keep.ts';
import {linkOf} from '../link.ts';
import type {Sentence} from '../protocol.ts';
import {readRun, writeRun} from '../weights_file.ts';

export function sharePanel(app: App, keep: Keep): void {
  const link = element<HTMLInputElement>('link');
  const upload = element<HTMLInputElement>('upload');

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
    const run = await app.ask({kind: 'save'});
    app.notice = {key: 'notSaved'};
    if (run?.weights.every(values => values.every(Number.isFinite))) {
      const name = `mnist-ops-${run.settings.preset}-${run.batch}.safetensors`;
      const url = URL.createObjectURL(new Blob([writeRun(run).slice()]));
      create('a', {href: url, download: name}).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
      app.notice = {key: 'saved', values: {name}};
    }
    app.changed();
  });

  upload.addEventListener('change', async () => {
    const file = upload.files?.[0];
    upload.value = '';
    if (!file) return;
    try {
      checkSize(file.size);
      const run = readRun([{name: file.name, bytes: new Uint8Array(await file.arrayBuffer())}]);
      app.restore(run);
      app.notice = {key: 'restored', values: {name: file.name, batch: run.batch}};
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

function keptSentence({refusal, batch, isForgotten}: Keep): Sentence {
  if (refusal) return refusal;
  if (batch !== undefined) return {key: 'kept', values: {batch}};
  return {key: isForgotten ? 'keptForgotten' : 'keptLater'};
}
