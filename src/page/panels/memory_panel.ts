// Tensors and bytes in memory, tensors that steps leave behind, and a button that takes the GPU away.
import './memory_panel.css';
import type {App} from '../app.ts';
import {element, setEnabled, setText} from '../dom.ts';

export function memoryPanel(app: App): void {
  const lose = element('lose');
  lose.addEventListener('click', () => app.send({kind: 'loseContext'}));
  app.onChange(() => {
    const {memory} = app;
    setText(element('tensors'), memory ? app.number(memory.tensors) : '–');
    setText(element('bytes'), memory ? `${app.number(memory.bytes / 1000, 1)} kB` : '–');
    setText(element('left-behind'), memory ? app.number(memory.left) : '–');
    for (const id of ['memory', 'memory-tab']) {
      element(id).classList.toggle('leaks', (memory?.left ?? 0) > 0);
    }
    const isThere = app.phase !== 'starting' && app.phase !== 'lost';
    setEnabled(lose, isThere && app.settings.backend === 'webgl');
    lose.title = app.settings.backend === 'webgl' ? '' : app.say('onlyWebGL');
  });
}
