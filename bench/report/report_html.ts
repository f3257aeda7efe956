// The report as one file that opens from disk, with no network.
import type {Results} from './results.ts';
import type {Seeds} from './seeds.ts';

/** @param script the bundle of ./report_page.ts, dist/bench/report.js */
export const reportHtml = (results: Results | Seeds, script: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>mnist-ops: the bench of ${results.date.slice(0, 10).replace(/[^\d-]/g, '')}</title>
<link rel="icon" href="data:,">
<style>body {margin: 0 auto; max-width: 1240px; padding: 16px; font-family: system-ui, sans-serif}</style>
</head>
<body>
<h1>mnist-ops: the bench</h1>
<main><noscript>The charts are drawn by a script, which this browser doesn't run.</noscript></main>
<script type="application/json" id="results">${jsonText(results)}</script>
<script type="module">${scriptText(script)}</script>
</body>
</html>
`;

/** Escapes `<`, which JSON has in strings only, so that no string ends the element or begins a comment. */
const jsonText = (results: Results | Seeds) => JSON.stringify(results).replaceAll('<', '\\u003c');

/** Escapes `</script` and `<!--`, which the script has in strings only. */
const scriptText = (script: string) =>
  script.replace(/<\/(?=script)/gi, '<\\/').replaceAll('<!--', '<\\!--');
