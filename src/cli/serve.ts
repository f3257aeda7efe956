// A web server for this machine alone. A page needs one: opened from a file, it has no workers and no WebGPU.
import {readFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {extname, join} from 'node:path';

export interface Served {
  /** "http://127.0.0.1:PORT" */
  origin: string;
  close(): void;
}

const types: Record<string, string> = {
  '.css': 'text/css',
  '.gz': 'application/gzip',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};

const html = '<!doctype html><title>mnist-ops</title><link rel="icon" href="data:,">';
const emptyPage = new TextEncoder().encode(html);

/** The bytes at a path; undefined, or an error, for none. */
export type Read = (path: string) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

/** Reads the files of a folder; index.html for the path /. An encoded `..` in a path is refused; a URL has no other. */
export const folderReader =
  (folder: string): Read =>
  path => {
    const name = decodeURIComponent(path);
    if (name.split(/[/\\]/).includes('..')) return undefined;
    return readFile(join(folder, name.endsWith('/') ? `${name}index.html` : name));
  };

/**
 * Serves the bytes that `read` returns for a path. If it has none for the path /, an empty page is served.
 *
 * @param port default 0: any free port
 * @throws Error of code EADDRINUSE if the port is taken
 */
export async function serve(read: Read, port = 0): Promise<Served> {
  const server = createServer(async (request, response) => {
    // Another host's name may lead here (DNS rebinding); the page that asks is then that host's, and is refused.
    const {host = ''} = request.headers;
    const refused = !/^(127\.0\.0\.1|localhost)(:\d+)?$/i.test(host)
      ? {code: 403, why: `expected the host 127.0.0.1 or localhost, found "${host}"`}
      : !['GET', 'HEAD'].includes(request.method!)
        ? {code: 405, why: `expected GET or HEAD, found ${request.method}`}
        : undefined;
    response.setHeader('x-content-type-options', 'nosniff');
    if (refused) {
      response.writeHead(refused.code, {allow: 'GET, HEAD', 'content-type': 'text/plain'});
      response.end(`${refused.why}\n`);
      return;
    }
    // A page that is isolated from other origins has a clock of 5 µs instead of 100 µs.
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    const address = `http://127.0.0.1${request.url}`; // not new URL(path, base): a path of // would become a host
    const pathname = URL.canParse(address) ? new URL(address).pathname : '';
    const isFolder = pathname.endsWith('/');
    let bytes = await (async () => read(pathname))().catch(() => undefined);
    if (pathname === '/') bytes ??= emptyPage;
    response.statusCode = bytes ? 200 : 404;
    const type = types[isFolder ? '.html' : extname(pathname)] ?? 'application/octet-stream';
    response.setHeader('content-type', bytes ? type : 'text/plain');
    response.end(bytes ?? `${pathname}: not found\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return {origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close};
}
