// `npm start`: the program that serves the built page.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {type IncomingHttpHeaders, type RequestOptions, request} from 'node:http';
import {type AddressInfo, createServer, type Server} from 'node:net';
import {networkInterfaces, tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {folderReader, type Read, serve} from '../../src/cli/serve.ts';
import {type Finished, finished, runNode, runOnFullDisk, start} from '../program.ts';
import {testWithFullDisk} from '../skips.ts';

const program = fileURLToPath(new URL('../start.js', import.meta.url));

/** Runs the program until it prints its address, calls `use` with the address, and ends the program with the signal. */
async function run(
  args: string[],
  use: (address: string) => unknown = () => {},
  signal: NodeJS.Signals = 'SIGINT',
): Promise<Finished> {
  let used: Promise<void> | undefined;
  const result = await runNode([program, ...args], (child, {stdout}) => {
    const [address] = /http:\S+/.exec(stdout) ?? [];
    if (!address || used) return;
    used = (async () => void (await use(address)))().finally(() => child.kill(signal));
    used.catch(() => {}); // thrown below
  });
  await used;
  return result;
}

test('npm start prints the address, serves the page there, and Ctrl-C ends it', async () => {
  const {code, stdout, stderr} = await run(['--no-open', '--port', '0'], async address => {
    const page = await fetch(address);
    // What a page needs for threads.
    const isolation = ['opener', 'embedder'].map(of =>
      page.headers.get(`cross-origin-${of}-policy`),
    );
    assert.equal(isolation, ['same-origin', 'require-corp']);
    assert.is(page.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.match(await page.text(), '<main>');
    const script = await fetch(`${address}worker.js`);
    assert.is(script.headers.get('content-type'), 'text/javascript');
    await script.body?.cancel();
    assert.is((await fetch(`${address}nothing.js`)).status, 404);
  });
  assert.match(stdout, /^http:\/\/127\.0\.0\.1:\d+\/ \(Ctrl-C ends it\)\n$/);
  assert.equal([code, stderr], [0, '']);
});

/** A server at this port of 127.0.0.1; at any free one for 0. */
const listenAt = (port: number) =>
  new Promise<Server>((resolve, reject) => {
    const server = createServer().unref();
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve(server));
  });

test('npm start: --port must be a free port; if the default port is taken, another is used', async () => {
  const taken = await listenAt(8080).catch(() => undefined); // another program has the port already
  const {code, stderr} = await run(['--no-open', '--port', '8080']);
  assert.equal([code, stderr], [1, 'start: --port: expected a free port, found 8080 in use\n']);
  const byDefault = await run(['--no-open'], address =>
    assert.is.not(new URL(address).port, '8080'),
  );
  assert.is(byDefault.code, 0);
  taken?.close();
});

test('npm start: --port is the port of the printed address', async () => {
  const probe = await listenAt(0);
  const {port} = probe.address() as AddressInfo;
  await new Promise(resolve => probe.close(resolve));
  await run(['--no-open', '--port', String(port)], address =>
    assert.is(address, `http://127.0.0.1:${port}/`),
  );
});

test('npm start, wrong use: one sentence, exit 2', async () => {
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

test('npm start -- --help names every option', async () => {
  const {code, stdout} = await run(['--help']);
  assert.is(code, 0);
  for (const option of ['--port N', '--no-open', '-h, --help']) assert.match(stdout, option);
});

/** Runs a server while `use` runs. */
async function serving(read: Read, use: (origin: string) => Promise<void>): Promise<void> {
  const {origin, close} = await serve(read);
  await use(origin).finally(close);
}

test('serve: the files of a folder are served unchanged, and no file outside of it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mnist-ops-site-'));
  writeFileSync(join(folder, 'index.html'), 'home');
  writeFileSync(join(folder, 'a file.gz'), Uint8Array.of(0x1f, 0x8b));
  const outside = `${folder}.txt`;
  writeFileSync(outside, 'secret');
  await serving(folderReader(folder), async origin => {
    const get = async (path: string) => {
      const response = await fetch(origin + path);
      return [response.status, response.headers.get('content-encoding'), await response.text()];
    };
    assert.equal(await get('/'), [200, null, 'home']);
    assert.equal((await get('/a%20file.gz')).slice(0, 2), [200, null]);
    const name = outside.slice(tmpdir().length + 1);
    for (const way of [`/%2e%2e%2f${name}`, `/..%2f${name}`, `/..%5c${name}`]) {
      assert.is((await get(way))[0], 404, way);
    }
    assert.is((await get('/%'))[0], 404);
    assert.is((await get('//'))[0], 200);
    assert.is((await get('//x?y'))[0], 404);
  }).finally(() => {
    rmSync(folder, {recursive: true});
    rmSync(outside);
  });
});

/** Sends methods and headers that fetch refuses to send. */
const ask = (address: string, options: RequestOptions) =>
  new Promise<{status: number; headers: IncomingHttpHeaders; text: string}>((resolve, reject) => {
    const asked = request(address, options, async response => {
      const text = (await response.toArray()).join('');
      resolve({status: response.statusCode!, headers: response.headers, text});
    });
    asked.on('error', reject).end();
  });

const secret: Read = () => new TextEncoder().encode('secret');

test('serve: answers only GET and HEAD, and only under the names of this machine', () =>
  serving(secret, async origin => {
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
  }));

test('serve: answers only at the loopback address', () =>
  serving(secret, async origin => {
    const {port} = new URL(origin);
    // 127.0.0.2, a loopback address on Linux too, and the machine's other addresses.
    const others = Object.values(networkInterfaces()).flatMap(each => each ?? []);
    const addresses = others.filter(({family, internal}) => family === 'IPv4' && !internal);
    for (const address of ['127.0.0.2', ...addresses.map(({address}) => address)]) {
      const answer = await ask(`http://${address}:${port}/`, {timeout: 5000}).catch(
        () => undefined,
      );
      assert.is(answer, undefined, address);
    }
  }));

test('npm start ends quietly when the reader of its output is gone, exit 141', async () => {
  const child = start(process.execPath, [program, '--no-open', '--port', '0']);
  child.stdout!.destroy();
  const {code, stderr} = await finished(child);
  assert.equal([code, stderr], [141, '']);
});

testWithFullDisk('npm start ends with a sentence on a full disk, exit 1', async () => {
  const {code, stderr} = await runOnFullDisk([program, '--no-open', '--port', '0']);
  const sentence = 'start: stdout: expected to be written, found no space left on the device\n';
  assert.equal([code, stderr], [1, sentence]);
});

for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
  test(`npm start ends on ${signal} as on Ctrl-C`, async () => {
    const {code, stderr} = await run(['--no-open', '--port', '0'], undefined, signal);
    assert.equal([code, stderr], [0, '']);
  });
}

test.run();
