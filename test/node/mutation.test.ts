// The mutator of `npm run test:mutation`: what its operators make of a line, and what becomes of a mutant.
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {judged} from '../mutation/judged.ts';
import {languageAt} from '../mutation/language.ts';
import {type Mutant, mutantsOf} from '../mutation/mutants.ts';
import {mutationsOf, type OperatorName, operators} from '../mutation/operators.ts';
import type {Target} from '../mutation/targets.ts';
import {tryMutant} from '../mutation/trial.ts';
import {Workplace} from '../mutation/workplace.ts';
import {once, runNode} from '../program.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const program = join(root, 'dist/mutation/main.js');

// biome-ignore format: a line, then what the operator makes of it
const examples: Record<OperatorName, [line: string, ...changed: string[]][]> = {
  'swap-letters': [
    ['  y += dy[yR] * wC;', '  y += x[yR] * wC;', '  y += dy[yC] * wC;', '  y += dy[yR] * wR;'],
    ["  fail('dense', 'a row for each x');"],
    ['  {B, H, W}: Windows,'],
  ],
  'drop-term': [
    ['  const xR = yR * sH + wR * dilH - padT;', '  const xR = yR * sH - padT;', '  const xR = yR * sH + wR * dilH;'],
    ['  f((yH - 1) * sH, x + f(y, z));', '  f((yH) * sH, x + f(y, z));', '  f((yH - 1) * sH, x);'],
  ],
  'drop-factor': [['  y = a + b * f(c * d) + e;', '  y = a + b + e;', '  y = a + b * f(c) + e;']],
  'drop-divisor': [['  loss[0] = sum / B;', '  loss[0] = sum;']],
  'wrong-sign': [
    ['  y = a + b - c;', '  y = a - b - c;', '  y = a + b + c;'],
    ['  y = tf.sub(a, f32x4.add(b, c));', '  y = tf.add(a, f32x4.add(b, c));', '  y = tf.sub(a, f32x4.sub(b, c));'],
  ],
  'off-by-one': [
    ['  for (let i = 0; i < n; i++) {', '  for (let i = 0; i < n - 1; i++) {', '  for (let i = 1; i < n; i++) {'],
    ['  return size - 1;', '  return size - 2;'],
  ],
  edge: [['  if (a > b && c <= d) return;', '  if (a >= b && c <= d) return;', '  if (a > b && c < d) return;']],
  tie: [
    ['  const larger = tf.greater(taps[i], y);', '  const larger = tf.greaterEqual(taps[i], y);'],
    ['  return f32x4.le(xi, best);', '  return f32x4.lt(xi, best);'],
  ],
  negate: [['  return a === b || c != d;', '  return a !== b || c != d;', '  return a === b || c == d;']],
  'drop-clamp': [['  n = Math.min(f(a, b), c) + 1;', '  n = (f(a, b)) + 1;', '  n = (c) + 1;']],
  'drop-condition': [
    ['  return a > b && c == d;', '  return a > b;'],
    ['  if (f(a) || (b && c)) return;', '  if (f(a)) return;', '  if (f(a) || (b)) return;'],
  ],
  'drop-check': [
    ['  if (f(x)) return undefined; // no room', '  if (false) return undefined; // no room'],
    ['  if (f(x)) {', '  if (false) {'],
  ],
  'no-release': [
    ['    position.dispose();', ''],
    ['  return tf.tidy(() => f(x));', '  return (work => work())(() => f(x));'],
  ],
};

for (const operator of Object.keys(operators) as OperatorName[]) {
  test(`mutation: ${operator} makes the mistake that its name says, once in each mutant`, () => {
    for (const [line, ...changed] of examples[operator]) {
      assert.equal(mutationsOf(operator, line).sort(), changed.sort(), line);
    }
  });
}

test('mutation: comments and imports stay as they are', () => {
  for (const line of ['// a + b', ' * a + b', '/** a + b */', "import {a} from '../b - c.ts';"]) {
    assert.equal(mutationsOf('drop-term', line), []);
  }
  assert.equal(mutationsOf('wrong-sign', 'y = a + b; // a + b'), ['y = a - b; // a + b']);
});

test('mutation: a template literal of webgl is GLSL, also where TypeScript puts a number into it', () => {
  const text =
    "const a = '`'; // `\nconst code = `\n  float b = \u0024{f({c: 1})};\n`;\nconst d = 2;";
  const languages = ['a', 'b', 'c', 'd'].map(letter =>
    languageAt('src/kernels/webgl/x.ts', text, text.search(new RegExp(`\\b${letter}\\b`))),
  );
  assert.equal(languages, ['TypeScript', 'GLSL', 'GLSL', 'TypeScript']);
  assert.is(languageAt('src/kernels/simd/x.ts', text, 0), 'AssemblyScript');
  assert.is(languageAt('src/kernels/simd/backend/x.ts', text, 0), 'TypeScript');
});

const mutants = mutantsOf(root);

test('mutation: at least 150 mutants are tried, in three languages and every folder of kernels', () => {
  const tried = mutants.filter(({reason}) => reason === undefined);
  assert.ok(tried.length >= 150, `found ${tried.length}`);
  assert.is(new Set(mutants.map(({name}) => name)).size, mutants.length);
  for (const language of ['TypeScript', 'AssemblyScript', 'GLSL']) {
    assert.ok(tried.filter(mutant => mutant.language === language).length >= 20, language);
  }
  for (const folder of [
    'src/ops',
    ...['definition', 'reference', 'cpu', 'simd', 'webgl'].map(name => `src/kernels/${name}`),
  ]) {
    assert.ok(tried.filter(({name}) => name.startsWith(`${folder}/`)).length >= 10, folder);
  }
});

test('mutation: the choice is the same each time', () => {
  assert.equal(
    mutantsOf(root).map(({name, after}) => [name, after]),
    mutants.map(({name, after}) => [name, after]),
  );
});

test('mutation: each judgement is about a mutant that there is', () => {
  for (const {file, before, after} of judged) {
    const found = mutants.some(
      mutant =>
        mutant.target.file === file &&
        mutant.before.trim() === before &&
        mutant.after.trim() === after,
    );
    assert.ok(found, `${file}: ${after}`);
  }
});

test('mutation: a mutant is killed, survives or is not compiled, and its file is put back', async () => {
  const file = 'src/kernels/cpu/relu.ts';
  const target: Target = {file, parts: ['test'], tests: ['relu'], pageTests: []};
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const line = lines.findIndex(text => text.includes('y[i] > 0 ? dy[i] : 0')) + 1;
  const before = lines[line - 1];
  const mutant = (after: string): Mutant => ({
    name: after,
    target,
    line,
    operator: 'past',
    language: 'TypeScript',
    before,
    after,
  });
  const workplace = new Workplace(root, target.tests);
  try {
    const fateOf = async (after: string) =>
      (await tryMutant(workplace, mutant(after), new Map())).fate;
    assert.is(await fateOf(before.replace('> 0', '>= 0')), 'killed');
    assert.is(await fateOf(`${before} // the same`), 'survived');
    assert.is(await fateOf(before.replace('> 0', '> )')), 'not compiled');
    assert.is(readFileSync(join(workplace.folder, file), 'utf8'), lines.join('\n'));
    assert.is(await workplace.test('relu', 50), 'it took too long');
  } finally {
    workplace.close();
  }
  assert.not(readdirSync(tmpdir()).includes(workplace.folder));
});

test('test:mutation: --help, wrong use and --list', async () => {
  const help = await runNode([program, '--help']);
  assert.is(help.code, 0);
  assert.match(help.stdout, /--only TEXT +only the mutants whose name contains the text/);
  const wrong = await runNode([program, '--only', 'no such file']);
  assert.is(wrong.code, 2);
  assert.is(
    wrong.stderr,
    'test:mutation: --only: expected a part of a mutant\'s name, found "no such file", which is in none\n',
  );
  const list = await runNode([program, '--list', '--only', 'src/ops/bias.ts']);
  assert.is(list.code, 0);
  assert.match(
    list.stdout,
    /^src\/ops\/bias\.ts:\d+ past\n {2}- if \(bias\.size !== K\).*\n {2}\+ if \(bias\.size < K\)/m,
  );
});

test('test:mutation: a mutant that is killed is said so, by the file that did it, and the table counts it', async () => {
  const {name} = mutants.find(({target}) => target.file === 'src/kernels/reference/bias.ts')!;
  const {code, stdout} = await runNode([program, '--only', name]);
  assert.is(code, 0, stdout);
  assert.match(stdout, `1/1 killed ${name} by bias\n`);
  assert.match(
    stdout,
    '| src/kernels/reference/bias.ts | 1 | 0 | 0 | 0 |\n| all | 1 | 0 | 0 | 0 |\n',
  );
  assert.match(stdout, '1 mutants (1 TypeScript, 0 AssemblyScript, 0 GLSL), 0 survived, in 0:');
});

test('test:mutation: a signal ends it with 128 + its number, and no copy stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mnist-ops-signalled-'));
  try {
    const kill = once(/builds test/, child => child.kill('SIGTERM'));
    const args = [program, '--only', 'src/ops/bias.ts'];
    const {code} = await runNode(args, kill, {env: {TMPDIR: folder}});
    assert.is(code, 143);
    assert.equal(readdirSync(folder), []);
  } finally {
    rmSync(folder, {recursive: true});
  }
});

test.run();
