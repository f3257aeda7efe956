// The backends, by name: one line each for the command line, the page, the bench and the tests.

/** What a backend has and where it runs. */
interface Traits {
  /** We wrote kernels for it. A backend without them runs the reference kernels. */
  ownKernels: boolean;
  /** It runs in Node. The command line opens a browser for the others. */
  inNode: boolean;
  /** The page offers it. The bench takes all backends. */
  inPage: boolean;
  /** Its kernels run on a GPU: a result may not be there yet when a call returns. */
  onGPU: boolean;
  /** How many epochs the command line trains: five where one takes seconds, one where it takes a minute or so. */
  epochs: number;
}

export const backends = {
  simd: {ownKernels: true, inNode: true, inPage: true, onGPU: false, epochs: 5},
  cpu: {ownKernels: true, inNode: true, inPage: true, onGPU: false, epochs: 1},
  webgl: {ownKernels: true, inNode: false, inPage: true, onGPU: true, epochs: 1},
  wasm: {ownKernels: false, inNode: true, inPage: true, onGPU: false, epochs: 1},
  webgpu: {ownKernels: false, inNode: false, inPage: false, onGPU: true, epochs: 1},
} as const satisfies Record<string, Traits>;

export type Backend = keyof typeof backends;

/** The name of a backend with these traits. */
export type BackendWith<T> = {
  [Name in Backend]: (typeof backends)[Name] extends T ? Name : never;
}[Backend];

/** The names of the backends with these traits, in the table's order. */
export const backendsWith = <const T extends Partial<Traits>>(traits: T): BackendWith<T>[] =>
  Object.entries(backends)
    .filter(([, known]) =>
      Object.entries(traits).every(([trait, value]) => known[trait as keyof Traits] === value),
    )
    .map(([name]) => name as BackendWith<T>);
