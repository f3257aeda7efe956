// The program of `npm run train`. It handles signals before it loads the rest, which takes a while.
import './interruption.ts';

await import('./main.ts');
