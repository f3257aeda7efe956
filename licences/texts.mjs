// The licences of the npm packages whose code a bundle contains. Most ask that their text goes wherever the code goes, so build.mjs
// writes the texts beside each bundle that is given to others.
import fs from 'node:fs';

const standardText = name => fs.readFileSync(new URL(`${name}.txt`, import.meta.url), 'utf8');

/** Who holds the copyright of packages that come without a licence file, and without an author in package.json. */
const holders = {'@tensorflow': 'Google LLC', 'sugar-high': 'Jiachi Liu'};

/** What else is in a package, but not in its licence: tfjs-backend-wasm is compiled from C++ with this library. */
const parts = {'@tensorflow/tfjs-backend-wasm': 'XNNPACK'};

/**
 * The text for a bundle: each licence once, below the names of its packages.
 *
 * @param metafiles what esbuild says about the bundle's builds
 * @throws Error for a package with neither a licence file nor a known copyright holder
 */
export function licenceTexts(metafiles) {
  const packages = new Map(); // text -> names of packages
  const add = (name, text) => packages.set(text, [...(packages.get(text) ?? []), name]);
  for (const folder of bundledFolders(metafiles)) {
    const {name, version, license, author} = JSON.parse(
      fs.readFileSync(`${folder}/package.json`, 'utf8'),
    );
    const files = fs.readdirSync(folder).filter(file => /^(licen[cs]e|notice)\b/i.test(file));
    const holder = holders[name] ?? holders[name.split('/')[0]] ?? author?.name ?? author;
    if (files.length === 0 && !holder) {
      throw new Error(
        `${folder}: expected a licence file or an author, found neither; name one in licences/texts.mjs`,
      );
    }
    const texts = files.map(file => fs.readFileSync(`${folder}/${file}`, 'utf8'));
    if (files.length === 0) {
      texts.push(`Copyright ${holder}\n`, ...license.split(' AND ').map(standardText));
    }
    if (parts[name]) add(`${parts[name]}, which is in ${name}`, standardText(parts[name]));
    add(`${name} ${version} (${license})`, texts.join('\n'));
  }
  const sections = [...packages].map(
    ([text, names]) => `==== ${names.join(', ')}\n\n${text.trim()}\n`,
  );
  return `Packages of others are part of the code here. Their licences:\n\n${sections.join('\n')}`;
}

/** The folders of the packages that have at least one byte in the outputs, in the order of their names. */
function bundledFolders(metafiles) {
  const outputs = metafiles.flatMap(({outputs}) => Object.values(outputs));
  const folders = outputs.flatMap(({inputs}) =>
    Object.entries(inputs).flatMap(([file, {bytesInOutput}]) => {
      const [folder] = /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file) ?? [];
      const isStub = file.startsWith('(disabled)'); // what esbuild puts in the place of a package for Node alone
      return folder && bytesInOutput > 0 && !isStub ? [folder] : [];
    }),
  );
  return [...new Set(folders)].sort();
}
