// A web server for the browser that browser.ts starts: pages from files have fewer rights, and no WebGPU.
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {extname} from 'node:path';

export interface Served {
  /** "http://127.0.0.1:PORT"; its path / is an empty page. */
  origin: string;
  close(): void;
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** Serves what `read` returns for a path, to this machine alone. */
export async function serve(
  read: (path: string) => Uint8Array | undefined | Promise<Uint8Array | undefined>,
): Promise<Served> {
  const server = createServer(async (request, response) => {
    // A page that is isolated from other origins has a clock of 5 µs instead of 100.
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    const {pathname} = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (pathname === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end('<!doctype html><title>mnist-ops</title><link rel="icon" href="data:,">');
      return;
    }
    const bytes = await Promise.resolve(read(pathname)).catch(() => undefined);
    response.statusCode = bytes ? 200 : 404;
    response.setHeader('content-type', types[extname(pathname)] ?? 'application/octet-stream');
    response.end(bytes);
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const {port} = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
