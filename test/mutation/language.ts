// In which language a change is made.

export const languages = ['TypeScript', 'AssemblyScript', 'GLSL'] as const;
export type Language = (typeof languages)[number];

/** The language at a place in a file's text. In src/kernels/webgl/ template literals hold GLSL, with numbers put in by TypeScript. */
export function languageAt(file: string, text: string, index: number): Language {
  if (/^src\/kernels\/simd\/\w+\.ts$/.test(file)) return 'AssemblyScript';
  return file.startsWith('src/kernels/webgl/') && isInTemplate(text, index) ? 'GLSL' : 'TypeScript';
}

function isInTemplate(text: string, index: number): boolean {
  const open: string[] = []; // the template literals and braces around
  for (let i = 0; i < index; i++) {
    const c = text[i];
    if (open.at(-1) === '`') {
      if (c === '`') open.pop();
      else if (c === '$' && text[i + 1] === '{') open.push(text[++i]);
    } else if (text.startsWith('//', i)) {
      i = text.indexOf('\n', i);
    } else if (text.startsWith('/*', i)) {
      i = text.indexOf('*/', i);
    } else if (c === "'") {
      i = text.indexOf("'", i + 1);
    } else if (c === '`' || c === '{') {
      open.push(c);
    } else if (c === '}') {
      open.pop();
    }
  }
  return open.includes('`');
}
