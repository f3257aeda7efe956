// `npm start` once the page is built: the program that serves it.
import {type ChildProcess, spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {type AddressInfo, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {folderReader, serve} from '../src/cli/serve.ts';

const program = fileURLToPath(new URL('../start.js', import.meta.url));
/** A program that doesn't end when it should fails its test. */
const limit = {timeout: 30_000, killSignal: 'SIGKILL'} as const;

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the program; `watch` is called once with the address, when it is printed. */
async function run(
  args: string[],
  watch: (address: string, child: ChildProcess) => unknown = () => {},
): Promise<Finished> {
  const child = spawn(process.execPath, [program, ...args], limit);
  const result: Finished = {code: null, stdout: '', stderr: ''};
  let watching: Promise<unknown> | undefined;
  let failure: unknown;
  child.stdout.on('data', data => {
    result.stdout += data;
    const [address] = /http:\S+/.exec(result.stdout) ?? [];
    if (!address || watching) return;
    watching = (async () => watch(address, child))().catch(error => {
      failure = error;
      child.kill('SIGKILL');
    });
  });
  child.stderr.on('data', data => {
    result.stderr += data;
  });
  await new Promise<void>(resolve => {
    child.on('close', code => {
      result.code = code;
      resolve();
    });
  });
  await watching;
  if (failure) throw failure;
  return result;
}

const stop = (child: ChildProcess) => void child.kill('SIGINT');

test('it prints the address, serves the page there, and Ctrl-C ends it', async () => {
  const {code, stdout, stderr} = await run(['--no-open', '--port', '0'], async (address, child) => {
    const page = await fetch(address);
    assert.is(page.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.match(await page.text(), '<main>');
    const script = await fetch(`${address}worker.js`);
    assert.is(script.headers.get('content-type'), 'text/javascript');
    await script.body?.cancel();
    assert.is((await fetch(`${address}nothing.js`)).status, 404);
    stop(child);
  });
  assert.match(stdout, /^http:\/\/127\.0\.0\.1:\d+\/ \(Ctrl-C ends it\)\n$/);
  assert.equal([code, stderr], [0, '']);
});

test('a port that was asked for has to be free; the default one doesn’t', async () => {
  const taken = createServer().unref();
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      taken.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
  await listen(8080).catch(() => {}); // somebody else has it: as good
  const {code, stderr} = await run(['--no-open', '--port', '8080']);
  assert.equal([code, stderr], [1, 'start: --port: expected a free port, found 8080 in use\n']);
  const byDefault = await run(['--no-open'], (address, child) => {
    assert.is.not(new URL(address).port, '8080');
    stop(child);
  });
  assert.is(byDefault.code, 0);
  taken.close();
});

test('the port that is asked for is the one', async () => {
  const probe = createServer();
  await new Promise<void>(resolve => {
    probe.listen(0, '127.0.0.1', resolve);
  });
  const {port} = probe.address() as AddressInfo;
  await new Promise(resolve => probe.close(resolve));
  await run(['--no-open', '--port', String(port)], (address, child) => {
    assert.is(address, `http://127.0.0.1:${port}/`);
    stop(child);
  });
});

test('wrong use is one sentence, and exit code 2', async () => {
  const wrong: [string[], string][] = [
    [['--port', '70000'], '--port: expected a whole number from 0 to 65535, found "70000"'],
    [['--port', 'x'], '--port: expected a whole number from 0 to 65535, found "x"'],
    [['--port'], '--port: expected a value (--port N), found the end'],
    [['--no-opne'], '--no-opne: unknown option, did you mean --no-open?'],
    [['here'], 'expected options only, found "here" (see --help)'],
  ];
  for (const [args, message] of wrong) {
    const {code, stdout, stderr} = await run(args);
    assert.equal([code, stdout, stderr], [2, '', `start: ${message}\n`]);
  }
});

test('--help names every option', async () => {
  const {code, stdout} = await run(['--help']);
  assert.is(code, 0);
  for (const option of ['--port N', '--no-open', '-h, --help']) assert.match(stdout, option);
});

test('a folder is served as it is, and nothing outside of it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mnist-ops-site-'));
  writeFileSync(join(folder, 'index.html'), 'home');
  writeFileSync(join(folder, 'a file.gz'), Uint8Array.of(0x1f, 0x8b));
  const outside = `${folder}.txt`;
  writeFileSync(outside, 'secret');
  const {origin, close} = await serve(folderReader(folder));
  const get = async (path: string) => {
    const response = await fetch(origin + path);
    return [response.status, response.headers.get('content-encoding'), await response.text()];
  };
  try {
    assert.equal(await get('/'), [200, null, 'home']);
    assert.equal((await get('/a%20file.gz')).slice(0, 2), [200, null]);
    const name = outside.slice(tmpdir().length + 1);
    for (const way of [`/%2e%2e%2f${name}`, `/..%2f${name}`, `/..%5c${name}`]) {
      assert.is((await get(way))[0], 404, way);
    }
    assert.is((await get('/%'))[0], 404);
    assert.is((await get('//'))[0], 200);
    assert.is((await get('//x?y'))[0], 404);
  } finally {
    close();
    rmSync(folder, {recursive: true});
    rmSync(outside);
  }
});

test.run();
