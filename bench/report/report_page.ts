// The script of the file that ./report_html.ts makes.
import {showResults} from './charts.ts';

const json = document.querySelector('#results')!.textContent!;
showResults(JSON.parse(json), document.querySelector('main')!);
