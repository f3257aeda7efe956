// A run as a link: #net=tutorial&seed=1&batch-size=64&learning-rate=0.15&backend=simd&batches=938
import {PageError} from './page_error.ts';
import {readSettings, type Settings, settingNames, settingTexts} from './settings.ts';

export const linkOf = (settings: Settings): string =>
  `#${new URLSearchParams(settingTexts(settings))}`;

/**
 * The settings of a link's hash, with defaults for those that it leaves out; undefined if the hash sets nothing.
 * @throws PageError if a setting is unknown, repeated or out of range
 */
export function settingsOf(hash: string): Settings | undefined {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  const given = [...params.keys()];
  if (given.length === 0) return undefined;
  const known: string[] = Object.values(settingNames);
  for (const name of given) {
    if (!known.includes(name)) {
      throw new PageError('linkUnknown', {expected: known.join(', '), found: name});
    }
    const found = params.getAll(name).length;
    if (found > 1) throw new PageError('linkRepeated', {name, found});
  }
  return readSettings(name => params.get(name));
}
