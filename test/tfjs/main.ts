// TensorFlow.js's own specs, which tfjs-core ships inside its npm package, on a backend of choice.
// `npm run test:tfjs -- --help` tells what it can do. Exit codes: 0 all passed, 1 some failed or did not run, 2 wrong use.
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {setTestEnvs} from '@tensorflow/tfjs-core/dist/jasmine_util';
import jasmineCore, {type Failure} from 'jasmine-core';
import {UsageError} from '../../src/cli/arguments.ts';

// How to load a backend, and the specs that pass on it in tfjs-core 4.22.0: with fewer, something has not run.
const backends: Record<string, {load: () => Promise<unknown>; specs: number}> = {
  cpu: {load: () => import('@tensorflow/tfjs-backend-cpu'), specs: 4227},
  // Two fewer: "Switching cpu backends" is only for the backend of that very name.
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
  jasmine.DEFAULT_TIMEOUT_INTERVAL = 20_000; // as jasmine_util sets it, on a jasmine of its own
  const environment = jasmine.getEnv();
  environment.configure({
    random: false,
    specFilter: spec => spec.getFullName().includes(filter),
  });

  await backends[backend].load();
  silenceConsole();
  insistOn(backend);
  setTestEnvs([{name: `test-${backend}`, backendName: backend, isDataSync: true}]);
  // Only now: a spec file asks for the environments as soon as it is loaded.
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
    // What failed outside of any spec: in an afterAll, or after the spec it belongs to had ended.
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

/** Each suite starts the backend anew. Where that fails, TensorFlow.js goes on with another one, and so would the specs. */
function insistOn(backend: string) {
  const engine = tf.engine();
  const setBackend = engine.setBackend.bind(engine);
  engine.setBackend = async name => {
    const started = await setBackend(name);
    if (name === backend && !started) throw new Error(`${name}: expected it to start, it did not`);
    return started;
  };
}

/** The specs provoke hundreds of warnings, which say nothing about the backend. */
function silenceConsole() {
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) console[level] = () => {};
}

/** The message, without most of a long array, and where it came from. */
function failureText({message, stack = ''}: Failure): string {
  const frames = stack
    .split('\n')
    .filter(line => /^\s+at /.test(line) && !line.includes('jasmine'));
  const lines = message.split('\n').map(line => `  ${line.slice(0, 200)}`);
  return `${[...lines, ...frames.slice(0, 5)].join('\n')}\n`;
}
