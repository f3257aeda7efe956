// `npm start` once the page is built: the program that serves it.
import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync} from 'node:fs';
import {type IncomingHttpHeaders, type RequestOptions, request} from 'node:http';
import {type AddressInfo, createServer} from 'node:net';
import {networkInterfaces, tmpdir} from 'node:os';
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

interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** What fetch may not send. */
const ask = (address: string, options: RequestOptions): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const asked = request(address, options, response => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', more => {
          text += more;
        })
        .on('end', () => resolve({status: response.statusCode!, headers: response.headers, text}));
    });
    asked.on('error', reject).end();
  });

test('it answers GET and HEAD alone, and this machine by its own names alone', async () => {
  const {origin, close} = await serve(() => new TextEncoder().encode('secret'));
  try {
    for (const method of ['POST', 'PUT', 'DELETE', 'TRACE', 'OPTIONS', 'PATCH']) {
      const {status, headers, text} = await ask(origin, {method});
      assert.equal([status, headers.allow], [405, 'GET, HEAD'], method);
      assert.is(text, `expected GET or HEAD, found ${method}\n`);
    }
    const head = await ask(origin, {method: 'HEAD'});
    assert.equal([head.status, head.text], [200, '']);

    for (const host of ['127.0.0.1', 'localhost', 'LocalHost:8080']) {
      const {status, headers, text} = await ask(origin, {headers: {host}});
      assert.equal([status, text], [200, 'secret'], host);
      assert.is(headers['x-content-type-options'], 'nosniff');
    }
    for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:80']) {
      const {status, text} = await ask(origin, {headers: {host}});
      assert.is(status, 403, host);
      assert.is(text, `expected the host 127.0.0.1 or localhost, found "${host}"\n`);
    }
  } finally {
    close();
  }
});

test('it is there on the loopback address alone', async () => {
  const {origin, close} = await serve(() => undefined);
  const {port} = new URL(origin);
  // Linux has all of 127.0.0.0/8 in the loopback; the machine's other addresses are tried as well.
  const others = Object.values(networkInterfaces()).flatMap(each => each ?? []);
  const addresses = others.filter(({family, internal}) => family === 'IPv4' && !internal);
  try {
    for (const address of ['127.0.0.2', ...addresses.map(({address}) => address)]) {
      const answered = await ask(`http://${address}:${port}/`, {timeout: 5000}).then(
        () => true,
        () => false,
      );
      assert.not.ok(answered, address);
    }
  } finally {
    close();
  }
});

test('where nobody reads the address it ends quietly, on a full disk with a sentence', async () => {
  const child = spawn(process.execPath, [program, '--no-open', '--port', '0'], limit);
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', data => {
    stderr += data;
  });
  const code = await new Promise(resolve => child.on('close', resolve));
  assert.equal([code, stderr], [141, '']);

  if (!existsSync('/dev/full')) {
    console.log('  skipped: only Linux has a file that is always full');
    return;
  }
  const file = openSync('/dev/full', 'w');
  const stdio = ['ignore', file, 'pipe'] as const;
  const onFull = spawnSync(process.execPath, [program, '--no-open', '--port', '0'], {
    ...limit,
    stdio: [...stdio],
    encoding: 'utf8',
  });
  closeSync(file);
  assert.equal(
    [onFull.status, onFull.stderr],
    [1, 'start: stdout: expected to be written, found no space left on the device\n'],
  );
});

test('SIGTERM and SIGHUP end it as Ctrl-C does', async () => {
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    const {code, stderr} = await run(['--no-open', '--port', '0'], (_, child) => {
      child.kill(signal);
    });
    assert.equal([code, stderr], [0, ''], signal);
  }
});

test.run();
