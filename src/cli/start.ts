// `npm start`: serves the page in dist/site, which build.mjs makes, and opens it. Exit codes: 0 ended by Ctrl-C, 1 failed,
// 2 wrong use, 141 the reader of the output is gone.
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import open from 'open';
import {type OptionTable, optionLines, readArguments, UsageError} from './arguments.ts';
import {guardOutput} from './output.ts';
import {folderReader, type Served, serve} from './serve.ts';

const defaultPort = 8080;
const site = fileURLToPath(new URL('site/', import.meta.url));

const table: OptionTable = {
  port: {value: 'N', help: `where to serve (default ${defaultPort}, or any free port; 0: any)`},
  'no-open': {help: 'don’t open the browser'},
  help: {short: 'h', help: 'show this text'},
};

const helpText = `Builds the page, serves it on this machine alone, and opens it in the browser.

usage: npm start -- [options]

${optionLines(table)}

Ctrl-C ends it. The page itself is dist/site, which any file server can host.
`;

guardOutput('start');
try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`start: ${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(args: string[]): Promise<void> {
  const given = readArguments(table, args);
  if (given.has('help')) {
    process.stdout.write(helpText);
    return;
  }
  const asked = given.get('port');
  const port = asked === undefined ? undefined : checkPort(asked);
  if (!existsSync(`${site}index.html`)) {
    throw new Error(`${site}: expected the built page, found none (npm run build)`);
  }
  const {origin} = await serveSite(port);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(0));
  process.stdout.write(`${origin}/ (Ctrl-C ends it)\n`);
  if (!given.has('no-open')) await openBrowser(`${origin}/`);
}

function checkPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new UsageError(`--port: expected a whole number from 0 to 65535, found "${text}"`);
}

/** Serves on the given port. If none is given and the default port is taken, serves on any free port. */
async function serveSite(port: number | undefined): Promise<Served> {
  const read = folderReader(site);
  try {
    return await serve(read, port ?? defaultPort);
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (port === undefined && code === 'EADDRINUSE') return serve(read);
    const found = code === 'EADDRINUSE' ? `${port} in use` : message;
    throw new Error(`--port: expected a free port, found ${found}`);
  }
}

/** If no browser can be opened, says so and goes on serving. */
async function openBrowser(address: string): Promise<void> {
  const couldNot = () =>
    process.stderr.write(`start: no browser could be opened: open ${address} yourself\n`);
  try {
    const opener = await open(address);
    opener.on('error', couldNot).on('exit', code => code && couldNot());
  } catch {
    couldNot();
  }
}
