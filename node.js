// `mnist-ops/node` for resolvers that don't read "exports" in package.json.
export * from './dist/node.js';
