// The code beside the selected number: the lines of the files, the line that runs, the letters, and the programs that WebGL compiles.
import {readdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import * as assert from 'uvu/assert';
import type {Inside} from '../../src/page/inside/inside.ts';
import {inWorker, runVisits, site, type VisitedPage, visit} from '../visit.ts';

declare global {
  const inside: Inside;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Selects the cell, and waits for its code: the pass's name is in the heading. */
async function select(page: VisitedPage, of: string, at: number[], isGradient: boolean) {
  await page.evaluate(
    ([of, at, isGradient]) => {
      inside.select({of, at, isGradient});
      const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
      return frame().then(frame); // after the panel's own
    },
    [of, at, isGradient] as const,
  );
  await page.waitForSelector('#code-body[aria-busy=false] .line');
}

async function open(page: VisitedPage, tab: string) {
  await page.click(`#code-${tab}`);
  await page.waitForSelector(`#code-body[aria-labelledby=code-${tab}][aria-busy=false] .line`);
}

/** The file of each excerpt, and its marked lines as `number text`. */
const marked = (page: VisitedPage) =>
  page.$$eval('#code-body .runs, #code-body .calls', rows =>
    rows.map(row => `${(row as HTMLElement).dataset.line} ${row.textContent!.trim()}`),
  );

const fileLine = (file: string, line: number) =>
  readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
    .split('\n')
    [line - 1].trim();

visit('code: nothing of it is fetched before a cell is selected', {}, async page => {
  const fetched = async () => {
    const names = await page.evaluate(() =>
      performance.getEntriesByType('resource').map(({name}) => name),
    );
    const paths = names.map(name => new URL(name).pathname);
    assert.ok(paths.includes('/main.js'));
    return paths.filter(path => /view-|sources/.test(path));
  };
  await page.train(3);
  await page.done(3);
  assert.equal(await fetched(), []);
  await select(page, 'conv1', [3, 4, 2], false);
  const paths = await fetched();
  const scripts = paths.filter(path => path.endsWith('.js'));
  const isOurs = (path: string) => readFileSync(`${site}${path}`, 'utf8').includes('code-tabs');
  assert.is(scripts.filter(isOurs).length, 1, 'its script');
  assert.is(scripts.length, 2, 'and that of the panel of the cell');
  const files = paths.filter(path => !scripts.includes(path));
  assert.equal(files, ['/sources/src/ops/conv2d.ts.txt'], 'only the file that is shown');
});

visit('code: without a connection it says so; a reload tries again', {}, async (page, problems) => {
  await page.context().setOffline(true);
  await page.evaluate(() => inside.select({of: 'conv1', at: [3, 4, 2], isGradient: false}));
  await page.shows('code', 'The code could not be loaded.');
  await page.shows('cell', 'This number’s panel could not be loaded.');
  await page.click('#language');
  await page.shows('code', '代码加载失败');
  await page.click('#language');
  await page.context().setOffline(false);
  await page.reload();
  await page.waitForFunction(() => inside.look);
  await select(page, 'conv1', [3, 5, 2], false);
  await page.context().setOffline(true);
  await page.click('#code-glsl');
  await page.waitForSelector('#code-body .bad >> text=The code could not be loaded.');
  const isOffline = (problem: string) => problem.includes('ERR_INTERNET_DISCONNECTED');
  assert.equal(
    problems.splice(0).filter(problem => !isOffline(problem)),
    [],
  );
});

visit(
  'code: each tab shows lines of its file, with their numbers, and marks the one that runs',
  {},
  async page => {
    await select(page, 'conv2.filter', [1, 2, 3, 4], true);
    const files = {
      definition: 'src/kernels/definition/conv2d.ts',
      reference: 'src/kernels/reference/conv2d.ts',
      typescript: 'src/kernels/cpu/conv2d.ts',
      assemblyscript: 'src/kernels/simd/conv2d.ts',
      glsl: 'src/kernels/webgl/conv2d_filter_gradient.ts',
      formula: 'src/ops/conv2d.ts',
    };
    for (const [tab, file] of Object.entries(files)) {
      await open(page, tab);
      await page.waitForSelector(`#code-body a >> text=${file}`);
      const rows = await page.$$eval('#code-body pre:first-of-type .line', lines =>
        lines.map(
          line => [Number((line as HTMLElement).dataset.line), line.textContent!.trim()] as const,
        ),
      );
      assert.ok(rows.length > 2, tab);
      for (const [line, text] of rows) assert.is(text, fileLine(file, line), `${file}:${line}`);
      const isSeen = await page.evaluate(() => {
        const body = document.getElementById('code-body')!.getBoundingClientRect();
        const row = document.querySelector('#code-body .runs')!.getBoundingClientRect();
        return row.top >= body.top && row.top < body.bottom;
      });
      assert.ok(isSeen, `${tab}: the line that runs is scrolled into view`);
    }
    await open(page, 'definition');
    assert.equal(await marked(page), ['64 dFilter[filterAt] += dy[yAt] * x[xAt];']);
    await select(page, 'conv2', [1, 2, 3], false);
    await page.waitForFunction(() =>
      document.querySelector('#code-body .runs')?.textContent?.includes('y[yAt]'),
    );
    assert.equal(await marked(page), ['31 y[yAt] += x[xAt] * filter[filterAt];']);
    await open(page, 'typescript');
    await page.waitForSelector('#code-body a >> text=matmul.ts');
    assert.equal(
      (await marked(page)).map(line => line.replace(/^\d+ /, '')),
      ['matMul(image.im2col(x, b), filterMatrix, yMatrix); // Y += X F', 's00 += x0 * v0;'],
    );
  },
);

visit('code: the shader is the fragment program of the station', {}, async page => {
  await select(page, 'conv2', [1, 2, 3], false);
  await open(page, 'shader');
  const file = 'shaders/tutorial/conv2.mnist.Conv2D';
  assert.is(await page.textContent('#code-body a'), file);
  const program = readFileSync(`${site}sources/${file}.txt`, 'utf8').split('\n');
  const rows = await page.$$eval('#code-body .line', lines =>
    lines.map(line => [(line as HTMLElement).dataset.line, line.textContent!.trim()] as const),
  );
  for (const [line, text] of rows) assert.is(text, program[Number(line) - 1].trim());
  assert.is(Number(rows.at(-1)![0]), program.length - 1, 'to its end');
  const runs = (await marked(page)).map(line => line.replace(/^\d+ /, ''));
  assert.equal(runs, ['vec4 y = x.xxzz * taps.xyxy;']);
});

visit(
  'code: a letter is marked wherever it stands as a whole word, in every tab',
  {},
  async page => {
    const on = () => page.$$eval('#code-body .on', marks => marks.map(mark => mark.textContent));
    await select(page, 'conv1', [3, 4, 2], false);
    assert.equal(await on(), []);
    await page.focus('#letters [data-letter=d1]');
    await page.keyboard.press('Enter');
    assert.is(await page.evaluate(() => inside.letter), 'd1');
    await page.waitForSelector('#code-body .on');
    assert.is(await page.textContent('#meaning'), 'd1: input channel');
    for (const tab of ['formula', 'definition', 'glsl']) {
      await open(page, tab);
      const marks = await on();
      assert.ok(marks.length > 0 && marks.every(mark => mark === 'd1'), tab);
      const whole = await page.$$eval('#code-body pre', blocks =>
        blocks.map(
          block => block.textContent!.match(/(?<![\p{L}\p{N}_])d1(?![\p{L}\p{N}_])/gu)?.length ?? 0,
        ),
      );
      assert.is(
        marks.length,
        whole.reduce((sum, count) => sum + count),
        tab,
      );
    }
    assert.match((await page.textContent('#code-body'))!, 'd1Pair');
    await open(page, 'definition');
    await page.click('#code-body .letter[data-letter=wC]');
    await page.waitForSelector('#letters [data-letter=wC][aria-pressed=true]');
    assert.is(await page.evaluate(() => inside.letter), 'wC');
    assert.ok((await on()).every(mark => mark === 'wC'));
    await page.click('#code-body .letter[data-letter=wC]');
    assert.is(
      await page.evaluate(() => inside.letter),
      undefined,
      'a second time takes the mark away',
    );
  },
);

visit(
  'code: arrow keys go from tab to tab, and a number without a kernel has fewer',
  {},
  async page => {
    await select(page, 'dense', [7], true);
    await page.focus('#code-formula');
    const selected = () => page.getAttribute('#code-tabs [aria-selected=true]', 'id');
    await page.keyboard.press('ArrowLeft');
    assert.is(await selected(), 'code-layers');
    await page.keyboard.press('ArrowRight');
    assert.is(await selected(), 'code-formula');
    await page.keyboard.press('End');
    assert.is(await page.evaluate(() => document.activeElement!.id), 'code-layers');
    await select(page, 'dense.weights', [3, 4], false);
    await page.click('#code-typescript');
    await page.waitForSelector('#code-body a >> text=src/training.ts');
    assert.is(await page.locator('#code-tabs button:visible').count(), 2);
  },
);

visit('code: the text is Chinese where the page is', {locale: 'zh-CN'}, async page => {
  await select(page, 'pool1', [1, 1, 1], false);
  assert.is(await page.textContent('#code-formula'), '公式');
  await page.click('#letters [data-letter=wR]');
  await page.shows('meaning', '窗口中的行');
});

/** Pieces of code that contrast with their background by less than 4.5. axe leaves out lines with a number before them. */
const faint = (page: VisitedPage) =>
  page.$$eval('#code-body .line, #code-body .line *', pieces => {
    const lightness = (color: string) => {
      const [r, g, b] = color.match(/[\d.]+/g)!.map(part => {
        const share = Number(part) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const backgroundOf = (piece: Element): string => {
      const {backgroundColor} = getComputedStyle(piece);
      return backgroundColor === 'rgba(0, 0, 0, 0)'
        ? backgroundOf(piece.parentElement!)
        : backgroundColor;
    };
    const found = pieces.map(piece => {
      const colors = [getComputedStyle(piece).color, backgroundOf(piece)];
      const [low, high] = colors.map(lightness).sort((a, b) => a - b);
      return (high + 0.05) / (low + 0.05) < 4.5 ? `${piece.className}: ${colors}` : '';
    });
    return [...new Set(found)].filter(Boolean);
  });

for (const colorScheme of ['light', 'dark'] as const) {
  visit(`code: axe finds nothing serious, ${colorScheme}`, {colorScheme}, async page => {
    await select(page, 'conv2', [3, 4, 2], true);
    await page.evaluate(axe);
    for (const tab of ['formula', 'assemblyscript', 'shader', 'layers']) {
      await page.click(`#code-${tab}`);
      await page.waitForTimeout(300);
      await page.evaluate(() => inside.set({letter: 'd1'}));
      await page.drawn();
      const serious = await page.evaluate(async () => {
        type Violation = {id: string; impact: string; nodes: {html: string}[]};
        const {axe} = globalThis as unknown as {
          axe: {run(selector: string): Promise<{violations: Violation[]}>};
        };
        const {violations} = await axe.run('#code');
        return violations
          .filter(({impact}) => ['serious', 'critical'].includes(impact))
          .map(({id, nodes}) => `${id}: ${nodes[0].html}`);
      });
      assert.equal(serious, [], tab);
      assert.equal(await faint(page), [], tab);
    }
  });
}

visit('code: opening it and every tab takes no task of 50 ms', {}, async page => {
  await page.waitForTimeout(500);
  const spans: number[][] = [];
  do {
    await page.evaluate(() => {
      const tasks: number[] = [];
      const observer = new PerformanceObserver(list => {
        tasks.push(...list.getEntries().map(({duration}) => duration));
      });
      observer.observe({type: 'longtask'});
      Object.assign(globalThis, {tasks});
    });
    await select(page, spans.length % 2 ? 'conv1.filter' : 'conv2.filter', [1, 1, 0, 1], true);
    for (const tab of ['definition', 'typescript', 'assemblyscript', 'glsl', 'shader', 'formula']) {
      await page.click(`#code-${tab}`);
      await page.waitForTimeout(150);
    }
    spans.push(await page.evaluate(() => (globalThis as unknown as {tasks: number[]}).tasks));
  } while (spans.at(-1)!.length > 0 && spans.length < 5); // other programs may hold up a task
  assert.is(spans.at(-1)!.length, 0, JSON.stringify(spans));
});

/** The programs that the worker compiles go to the page, which keeps them. */
const keepPrograms = `
  const compile = WebGL2RenderingContext.prototype.shaderSource;
  WebGL2RenderingContext.prototype.shaderSource = function (shader, source) {
    new BroadcastChannel('programs').postMessage(source);
    return compile.call(this, shader, source);
  };`;

for (const preset of ['tutorial', 'mnist-core']) {
  const opening = {routes: inWorker(keepPrograms)};
  visit(
    `code: the fragment programs are those that WebGL compiles, ${preset}`,
    opening,
    async page => {
      await page.evaluate(() => {
        const programs: string[] = [];
        new BroadcastChannel('programs').onmessage = ({data}) => programs.push(data);
        Object.assign(globalThis, {programs});
      });
      await page.selectOption('#preset', preset);
      await page.choose('webgl');
      await page.evaluate(() => inside.show(inside.image.slice(), inside.label)); // a look on it
      await page.waitForFunction(
        preset => inside.look?.backend === 'webgl' && inside.look.preset === preset,
        preset,
      );
      const compiled = new Set(
        await page.evaluate(() => (globalThis as unknown as {programs: string[]}).programs),
      );
      const shown = programsOf(preset);
      assert.ok(shown.length > 20);
      for (const [name, program] of shown) assert.ok(compiled.has(program), `${preset}, ${name}`);
    },
  );
}

/** The programs of the files that the panel shows. */
function programsOf(preset: string): [name: string, program: string][] {
  const folder = `${site}sources/shaders/${preset}`;
  return readdirSync(folder).flatMap(name => {
    const text = readFileSync(`${folder}/${name}`, 'utf8');
    const programs = text.split(/(?=^#version)/m).map(program => program.replace(/\n$/, ''));
    return programs.map(program => [name, program] as [string, string]);
  });
}

runVisits();
