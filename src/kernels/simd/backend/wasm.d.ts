// build.mjs compiles the AssemblyScript kernels, and what threads run, to such files. The bundler replaces the import by what they hold.
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

declare module '*.txt' {
  const source: string;
  export default source;
}
