// `mnist-ops/simd` for resolvers that don't read "exports" in package.json.
export * from './dist/simd.js';
