// What build.mjs makes of the AssemblyScript kernels; the bundler replaces the import by the bytes.
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
