// The script of the file that ./report_html.ts makes.
import {showResults} from './charts.ts';
import type {Results} from './results.ts';
import {SEEDS_FORMAT, type Seeds} from './seeds.ts';
import {showSeeds} from './seeds_page.ts';

const results: Results | Seeds = JSON.parse(document.querySelector('#results')!.textContent!);
const into = document.querySelector('main')!;
if (results.format === SEEDS_FORMAT) showSeeds(results, into);
else showResults(results, into);
