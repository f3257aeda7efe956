// The browser in @sparticuz/chromium, on machines with fonts, with fontconfig but no fonts, and without fontconfig.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {startBrowser} from '../../src/cli/browser.ts';
import {withEnvironment} from '../environment.ts';
import {testWithPackage} from '../skips.ts';

const temporary = mkdtempSync(join(tmpdir(), 'mnist-ops-fonts-'));
const noFonts = join(temporary, 'fonts.conf');
writeFileSync(noFonts, '<?xml version="1.0"?><fontconfig></fontconfig>');

const machines: Record<string, string | undefined> = {
  'on this machine': process.env.FONTCONFIG_FILE,
  'with fontconfig and no fonts': noFonts,
  'without fontconfig': join(temporary, 'none.conf'),
};
for (const [machine, fontsConf] of Object.entries(machines)) {
  testWithPackage(`the packaged browser shows text fields and Chinese ${machine}`, async () => {
    const found = await withEnvironment(
      {FONTCONFIG_FILE: fontsConf, MNIST_OPS_BROWSER: 'packaged'},
      async () => {
        const browser = await startBrowser();
        try {
          const page = await browser.newPage();
          await page.setContent(
            '<input value="0.15"><select><option>cpu</select><p>digits</p><p lang="zh">手写数字</p>',
          );
          await page.evaluate(
            () => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn))),
          );
          return await page.evaluate(drawEach, ['手', '写', 'a', 'b', '\u{10FFFD}', '\u{10FFFC}']);
        } finally {
          await browser.close();
        }
      },
    );
    const [hand, write, a, b, nothing, neither] = found;
    assert.is(nothing, neither, 'two characters that no font has');
    assert.is.not(a, b, 'two letters');
    assert.is.not(hand, write, 'two Chinese characters');
    assert.is.not(hand, nothing);
  });
}

/** In the page: the picture of each character. */
function drawEach(characters: string[]): string[] {
  return characters.map(character => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 48;
    const context = canvas.getContext('2d')!;
    context.font = '32px sans-serif';
    context.fillText(character, 4, 36);
    return canvas.toDataURL();
  });
}

test.after(() => rmSync(temporary, {recursive: true}));
test.run();
