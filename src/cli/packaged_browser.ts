// The Chromium in the npm package @sparticuz/chromium, made to run on a machine without its libraries and without fonts. The
// package has the libraries. A Chromium that finds no font dies at the first text field.
import {execFile} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';
import {promisify} from 'node:util';

const require = createRequire(import.meta.url);
const run = promisify(execFile);

/** A browser's program, and the variables that its environment needs. */
export interface Candidate {
  path: string;
  env?: Record<string, string>;
}

/** Unpacks it at the first use (2 to 3 s, 205 MB in node_modules/.cache/mnist-ops). */
export async function packaged(): Promise<Candidate> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`it is for Linux on x64, and this is ${process.platform} on ${process.arch}`);
  }
  let main: string;
  try {
    main = require.resolve('@sparticuz/chromium');
  } catch {
    throw new Error('it is not installed');
  }
  const root = resolve(main, '../../..'); // build/cjs/index.cjs
  const {version} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const cache = resolve(root, '../../.cache/mnist-ops');
  const folder = join(cache, `chromium-${version}`);
  if (!existsSync(folder)) await unpack(root, folder);
  return {
    path: join(folder, 'chromium'),
    env: {...libraries(folder), FONTCONFIG_FILE: writeFontsConf(cache, join(folder, 'fonts'))},
  };
}

function libraries(folder: string): {LD_LIBRARY_PATH: string} {
  const folders = [join(folder, 'al2023/lib'), process.env.LD_LIBRARY_PATH];
  return {LD_LIBRARY_PATH: folders.filter(Boolean).join(':')};
}

/**
 * The package unpacks into the temporary folder, trusts any files that lie there, and changes the environment. So it runs in a
 * process and a folder of its own, and the folder gets its final name once the browser in it starts.
 */
async function unpack(root: string, folder: string): Promise<void> {
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, {recursive: true});
  try {
    const script = `import(process.argv[1]).then(({default: chromium}) => chromium.executablePath())`;
    // It unpacks nss, nspr and expat too if it takes this machine for AWS Lambda.
    const lambda = {TMPDIR: partial, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x'};
    const unpacking = ['--eval', script, join(root, 'build/esm/index.js')];
    await run(process.execPath, unpacking, {env: {...process.env, ...lambda}});
    const env = {...process.env, ...libraries(partial)};
    await run(join(partial, 'chromium'), ['--version'], {env});
    renameSync(partial, folder);
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(partial, {recursive: true, force: true});
  }
}

/**
 * Lists the machine's fonts, and after them the package's Open Sans and a Chinese font, so that some font is always found. The
 * package's own fonts.conf names only folders of AWS Lambda.
 */
function writeFontsConf(cache: string, fonts: string): string {
  const folders = [fonts];
  try {
    folders.push(dirname(require.resolve('@expo-google-fonts/zcool-xiaowei/package.json')));
  } catch {
    // Chinese then needs a font of the machine.
  }
  const machines = process.env.FONTCONFIG_FILE || '/etc/fonts/fonts.conf';
  const alias = (family: string) =>
    `  <alias><family>${family}</family><default><family>Open Sans</family></default></alias>`;
  const aliases = ['sans-serif', 'system-ui', 'serif', 'monospace'].map(alias);
  const conf = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">${escaped(machines)}</include>
${folders.map(folder => `  <dir>${escaped(folder)}</dir>`).join('\n')}
  <cachedir>${escaped(join(cache, 'fontconfig'))}</cachedir>
${aliases.join('\n')}
</fontconfig>
`;
  const file = join(cache, 'fonts.conf');
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, conf); // another process may be reading the file
  renameSync(partial, file);
  return file;
}

const escaped = (path: string) => path.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
