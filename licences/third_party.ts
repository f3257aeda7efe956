// THIRD-PARTY.md: what others made, and under which licence, from package-lock.json. The lock file also names the packages for other
// systems, so the text is the same wherever it is made.

/** The fields of a package in package-lock.json that are read here. */
export interface Locked {
  version?: string;
  license?: string;
  hasInstallScript?: boolean;
  /** Needed by development dependencies alone. */
  dev?: boolean;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

export interface Lock {
  /** By folder: '' is this package, 'node_modules/a/node_modules/b' the copy of b that only a uses. */
  packages: Record<string, Locked>;
}

const nameOf = (folder: string) => folder.replace(/^.*node_modules\//, '');

/** The folders of all packages that come with a user's `npm install` of this one, its peers and what they need included. */
export function installedWith({packages}: Lock): string[] {
  const found = new Set<string>();
  const visit = (folder: string) => {
    const {dependencies, peerDependencies, optionalDependencies} = packages[folder];
    for (const name of Object.keys({
      ...dependencies,
      ...peerDependencies,
      ...optionalDependencies,
    })) {
      const at = lookUp(packages, folder, name);
      if (at === undefined || found.has(at)) continue; // an optional peer need not be there
      found.add(at);
      visit(at);
    }
  };
  visit('');
  return [...found].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** Where Node finds a package that is imported in this folder: in the nearest node_modules above. */
function lookUp(packages: Lock['packages'], folder: string, name: string): string | undefined {
  for (let from = folder; ; from = from.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    const at = `${from}${from && '/'}node_modules/${name}`;
    if (at in packages) return at;
    if (from === '') return undefined;
  }
}

/**
 * The text of THIRD-PARTY.md.
 *
 * @param data the list of the data that others made, in Markdown
 */
export function thirdParty(lock: Lock, data: string): string {
  const {packages} = lock;
  const licenceOf = (folder: string) => packages[folder].license ?? 'not stated';
  const installed = installedWith(lock);
  const rows = installed.map(
    at => `| \`${nameOf(at)}\` | ${packages[at].version} | ${licenceOf(at)} |`,
  );
  const others = Object.keys(packages).filter(at => at !== '' && !installed.includes(at));
  const lists = [...new Set(others.map(licenceOf))].sort().map(licence => {
    const names = new Set(others.filter(at => licenceOf(at) === licence).map(nameOf));
    return `- ${licence}: ${[...names].sort().join(', ')}`;
  });
  return `# What others made

<!-- made by \`npm run licences\` from package-lock.json and licences/data.md -->

mnist-ops itself has the MIT licence: [LICENSE](LICENSE).

## Data

${data.trim()}

## Packages that come with it

\`npm install\` of this package brings these, its peers and what they need among them. None runs a script when it is installed.

| package | version | licence |
|---|---|---|
${rows.join('\n')}

## Packages in our files

The command line, the page and the bench's report contain code of some of these packages. The build writes the texts of their licences
beside it: \`dist/licences.txt\`, \`dist/site/licences.txt\`, and at the end of the script in \`bench/report.html\`.

## Packages for development

They build and check, and no user of the package gets them, except for what the files above contain.

${lists.join('\n')}
`;
}
