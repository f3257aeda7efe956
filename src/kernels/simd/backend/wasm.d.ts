// build.mjs compiles the AssemblyScript kernels to such files, and the bundler replaces the import by the bytes.
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
