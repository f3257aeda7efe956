// lines.txt, which the bundler replaces by its text.
declare module '*.txt' {
  const text: string;
  export default text;
}
