// uPlot formats numbers in the browser's language as soon as it loads, and throws if that is no language tag: Chromium on a machine
// without a locale names it "en-US@posix". Such a browser gets English here.
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', {value: 'en'});
}
