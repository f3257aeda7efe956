// What the bundler makes of a style sheet (build.mjs).
declare module '*.css' {
  const text: string;
  export default text;
}
