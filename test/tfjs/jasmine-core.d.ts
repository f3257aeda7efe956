// The part of jasmine-core 3.99 that ./main.ts uses; the package has no types of its own.
declare module 'jasmine-core' {
  export interface Failure {
    message: string;
    stack?: string;
  }
  export interface Result {
    fullName: string;
    /** The filter makes a spec 'excluded'; xit or pending() in its own code makes it 'pending'. */
    status: 'passed' | 'failed' | 'pending' | 'excluded';
    failedExpectations: Failure[];
  }
  export interface Environment {
    configure(options: {random: boolean; specFilter(spec: {getFullName(): string}): boolean}): void;
    addReporter(reporter: {
      specDone(spec: Result): void;
      suiteDone(suite: Result): void;
      jasmineDone(run: {failedExpectations: Failure[]}): void;
    }): void;
    execute(runnables: null, done: () => void): void;
  }
  const jasmineCore: {
    /** Makes describe, it, expect and so on global. */
    boot(core: unknown): {DEFAULT_TIMEOUT_INTERVAL: number; getEnv(): Environment};
  };
  export default jasmineCore;
}
