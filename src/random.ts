// Random numbers from a seed: the same seed gives the same weights and the same order of images, on every
// machine and backend. TensorFlow.js's own shuffle takes no seed, hence a generator of ours.
//   xoshiro128** 1.1: Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018
//   seeding by splitmix32, so that neighbouring seeds start far apart

const rotateLeft = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits));

export class Random {
  private readonly state: Uint32Array;

  /**
   * @param seed any integer
   * @param stream what the numbers are for ('weights', 'train order'): streams of one seed are independent, so
   *     drawing more numbers for one purpose leaves the others unchanged
   */
  constructor(seed: number, stream = '') {
    let hash = 0;
    for (const character of stream) hash = (Math.imul(hash, 31) + character.codePointAt(0)!) | 0;
    // The seed is added to the hash, not hashed itself: so two streams with different hashes never meet, whatever the seed.
    let mixed = (hash + seed) | 0;
    this.state = Uint32Array.from({length: 4}, () => {
      mixed = (mixed + 0x9e3779b9) | 0;
      let z = mixed;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return z ^ (z >>> 16);
    });
  }

  /** A generator in the given state of four 32-bit words, not all zero. */
  static fromState(words: readonly number[]): Random {
    const random = new Random(0);
    random.state.set(words);
    return random;
  }

  /** An integer in [0, 2^32). */
  uint32(): number {
    const s = this.state;
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** A number in [0, 1). */
  uniform(): number {
    return this.uint32() / 2 ** 32;
  }

  /** An integer in [0, n), each equally likely to within n / 2^32. */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** A number from the normal distribution with mean 0 and deviation 1 (Box and Muller, 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A number from the same distribution, drawn again until it lies within two deviations of the mean. */
  truncatedNormal(): number {
    for (;;) {
      const z = this.normal();
      if (Math.abs(z) <= 2) return z;
    }
  }

  /** Puts the array in random order, in place (Fisher and Yates; Durstenfeld, 1964). */
  shuffle(array: Uint32Array): void {
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const kept = array[i];
      array[i] = array[j];
      array[j] = kept;
    }
  }
}
