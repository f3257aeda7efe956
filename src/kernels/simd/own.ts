// own: static data of which each thread has its own
//
// Threads run this module over one memory, each in an instance of its own. A global belongs to an instance, but data in the memory
// would be everybody's. So whatever a kernel keeps in memory beyond its arguments is cut from the block of its thread.

/** The number of this thread, from 0 on, and of all: the backend says it when it makes the instance. */
@external("env", "thread") declare const thread: i32;
@external("env", "threads") declare const threads: i32;

/** Bytes of a thread's block. The backend finds a thread's data at this distance from its own. */
export const ownBytes: i32 = 1024;

const end: usize = __heap_base + <usize>((thread + 1) * ownBytes);
let free: usize = end - ownBytes;

/** The address of so many bytes for a static object, aligned to 16. */
export function own(bytes: i32): usize {
  const address = free;
  free += <usize>((bytes + 15) & ~15);
  if (free > end) unreachable(); // raise ownBytes
  return address;
}

/** The first free byte of the memory, behind the module's own data. */
export const heapBase: usize = __heap_base + <usize>(threads * ownBytes);
