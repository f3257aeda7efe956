// The kernels keep to the letters of src/kernels/README.md, in TypeScript, AssemblyScript and GLSL alike.
import {readdirSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';

const folder = fileURLToPath(new URL('../../src/kernels/', import.meta.url));

/** The names in the last column of the README's table of letters. */
function forbiddenNames(readme: string): string[] {
  const [, table] = readme.split('| letter | meaning | not |');
  const columns = table.split('\n').map(row => row.split('|').at(-2) ?? '');
  return columns.flatMap(column => column.match(/(?<=`)\w+(?=`)/g) ?? []);
}

/** The forbidden names in a program. Comments, the words `at least` in a message and JavaScript's `values.at(-1)` don't count. */
function usedNames(code: string, names: string[]): string[] {
  const program = code.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  return names.filter(name => new RegExp(`(?<![.\\w])${name}(?!\\w| \\w)`).test(program));
}

const names = forbiddenNames(readFileSync(`${folder}README.md`, 'utf8'));
const all = readdirSync(folder, {recursive: true, encoding: 'utf8'});
const files = all.filter(name => name.endsWith('.ts'));

for (const file of files) {
  test(`src/kernels/${file} keeps to the letters of src/kernels/README.md`, () => {
    assert.equal(usedNames(readFileSync(folder + file, 'utf8'), names), []);
  });
}

test('The search for forbidden letters reads the table and finds names in code only', () => {
  assert.ok(['dW', 'db', 'at', 'cell'].every(name => names.includes(name)));
  assert.not(names.includes('dFilter'));
  assert.ok(files.includes('cpu/conv2d.ts') && files.includes('simd/conv2d.ts'));
  const code =
    'const dW = x.at(0); // db\n/** cell */ const glsl = `vec4 place = dWeights;`, text = "at least";';
  assert.equal(usedNames(code, names), ['dW', 'place']);
});

test.run();
