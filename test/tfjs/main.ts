// Runs TensorFlow.js's own specs, which the npm package of tfjs-core contains, on one backend.
// The options: `npm run test:tfjs -- --help`.
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {setTestEnvs} from '@tensorflow/tfjs-core/dist/jasmine_util';
import jasmineCore, {type Failure} from 'jasmine-core';
import {UsageError} from '../../src/cli/arguments.ts';

// How to load each backend, and how many specs of tfjs-core 4.22.0 pass on it: if fewer pass, some did not run.
const backends: Record<string, {load: () => Promise<unknown>; specs: number}> = {
  cpu: {load: () => import('@tensorflow/tfjs-backend-cpu'), specs: 4227},
  // Two fewer: "Switching cpu backends" runs only on the backend named cpu.
  simd: {load: () => import('../../src/kernels/simd/backend/register.ts'), specs: 4225},
  'simd-resident': {load: () => import('./resident.ts'), specs: 4225},
};
const names = Object.keys(backends);
const usual = 'simd';

const helpText = `Runs the specs that TensorFlow.js ships in @tensorflow/tfjs-core on a backend.

usage: npm run test:tfjs -- [options]

  --backend NAME  ${names.join(', ')} (default ${usual})
  --filter TEXT   only the specs whose full name contains the text
  --help, -h      show this text

Exit codes: 0 all passed, 1 some failed or did not run, 2 wrong use.
`;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`test:tfjs: ${(error as Error).message.split('\n')[0]}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(args: string[]): Promise<number> {
  const {help, backend, filter} = parseOptions(args);
  if (help) {
    process.stdout.write(helpText);
    return 0;
  }
  process.stdout.write(`The specs of tfjs-core ${tf.version_core} on ${backend}\n`);
  const specs = filter === '' ? backends[backend].specs : 1;
  const {passed, failed, skipped} = await runSpecs(backend, filter);
  const missing = failed === 0 && passed < specs;
  if (missing) process.stdout.write(`Expected at least ${specs} specs to pass, found ${passed}\n`);
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  return failed > 0 || missing ? 1 : 0;
}

function parseOptions(args: string[]): {help: boolean; backend: string; filter: string} {
  try {
    const {values} = parseArgs({
      args,
      options: {
        backend: {type: 'string', default: usual},
        filter: {type: 'string', default: ''},
        help: {type: 'boolean', short: 'h', default: false},
      },
    });
    const {backend} = values;
    if (Object.hasOwn(backends, backend)) return values;
    throw new Error(`--backend: expected one of ${names.join(', ')}; found "${backend}"`);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function runSpecs(backend: string, filter: string) {
  const jasmine = jasmineCore.boot(jasmineCore);
  jasmine.DEFAULT_TIMEOUT_INTERVAL = 20_000; // jasmine_util sets it on its own jasmine
  const environment = jasmine.getEnv();
  const specFilter = (spec: {getFullName(): string}) => spec.getFullName().includes(filter);
  environment.configure({random: false, specFilter});

  await backends[backend].load();
  silenceConsole();
  insistOn(backend);
  setTestEnvs([{name: `test-${backend}`, backendName: backend, isDataSync: true}]);
  // These come last: a spec file needs the environments when it is loaded.
  await import('@tensorflow/tfjs-core/dist/register_all_gradients');
  await import('@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops');
  await import('@tensorflow/tfjs-core/dist/tests');

  const counts = {passed: 0, failed: 0, skipped: 0};
  const reportFailure = (name: string, failures: Failure[]) => {
    counts.failed++;
    process.stdout.write(`\nFAILED ${name}\n${failures.map(failureText).join('')}`);
  };
  environment.addReporter({
    specDone({status, fullName, failedExpectations}) {
      if (status === 'passed') counts.passed++;
      else if (status === 'failed') reportFailure(fullName, failedExpectations);
      else counts.skipped++;
    },
    // A failure outside of any spec: in an afterAll, or after its spec has ended.
    suiteDone({fullName, failedExpectations}) {
      if (failedExpectations.length > 0) reportFailure(fullName, failedExpectations);
    },
    jasmineDone({failedExpectations}) {
      if (failedExpectations.length > 0) reportFailure('outside of any suite', failedExpectations);
    },
  });
  await new Promise<void>(done => environment.execute(null, done));
  return counts;
}

/** Fails if the backend doesn't start. Each suite starts it anew, and TensorFlow.js would go on with another one. */
function insistOn(backend: string) {
  const engine = tf.engine();
  const setBackend = engine.setBackend.bind(engine);
  engine.setBackend = async name => {
    const started = await setBackend(name);
    if (name === backend && !started) throw new Error(`${name}: expected it to start, it did not`);
    return started;
  };
}

/** The specs cause hundreds of warnings that have nothing to do with the backend. */
function silenceConsole() {
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) console[level] = () => {};
}

/** The message with long lines cut, and the first frames of the stack. */
function failureText({message, stack = ''}: Failure): string {
  const frames = stack.split('\n').filter(line => /^\s+at (?!.*jasmine)/.test(line));
  const lines = message.split('\n').map(line => `  ${line.slice(0, 200)}`);
  return `${[...lines, ...frames.slice(0, 5)].join('\n')}\n`;
}
