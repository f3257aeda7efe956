// Replaces build/simd.wasm in the worker (build.mjs): the plain build, fetched when it is first used. Most browsers run the relaxed build.
let plain = new Uint8Array(); // no bytes until then

export {plain as default};

export async function fetchPlainBuild(): Promise<void> {
  plain = (await import('../../../build/simd.wasm')).default;
}
