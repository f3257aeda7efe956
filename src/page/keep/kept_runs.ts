// The runs that this browser keeps for the page, in IndexedDB: one for each tab, and those of a few tabs that were closed.
import type {KeptRecord} from './kept_run.ts';

/** Runs that are kept: a browser may open a closed tab again. */
const MOST = 8;
const STORE = 'runs';
/** Milliseconds. Some browsers never answer where nothing may be stored. */
const LONGEST_OPENING = 1000;
/** Milliseconds. When a page is reloaded, it may begin before the one before it has ended. */
const LONGEST_CLAIM = 500;

export class KeptRuns {
  /** The ids of the runs that are this tab's until it closes. */
  private readonly mine = new Set<string>();
  private database?: Promise<IDBDatabase>;

  get(id: string): Promise<unknown> {
    return this.transact('readonly', store => store.get(id));
  }

  async put(record: KeptRecord): Promise<void> {
    await this.transact('readwrite', store => store.put(record));
  }

  async delete(id: string): Promise<void> {
    await this.transact('readwrite', store => store.delete(id));
  }

  /** The run that was written last; undefined if it is another tab's. Forgets the oldest ones. */
  async newest(): Promise<unknown> {
    const records: KeptRecord[] = await this.transact('readonly', store => store.getAll());
    const [newest, ...others] = records.sort((a, b) => b.time - a.time);
    for (const {id} of others.slice(MOST - 1)) if (await this.isFree(id)) await this.delete(id);
    return newest && (await this.isFree(newest.id)) && (await this.claim(newest.id))
      ? newest
      : undefined;
  }

  /** Forgets all runs but those of other tabs. */
  async deleteAll(): Promise<void> {
    const ids = await this.transact('readonly', store => store.getAllKeys());
    for (const id of ids as string[]) if (await this.isFree(id)) await this.delete(id);
  }

  /** Makes a run this tab's until it closes. @returns false if it is another tab's */
  async claim(id: string): Promise<boolean> {
    if (this.mine.has(id)) return true;
    const isClaimed = await new Promise<boolean>(resolve => {
      const hold = () => {
        resolve(true);
        return new Promise(() => {});
      };
      const {locks} = navigator; // a page that is not from a secure address has none
      const signal = AbortSignal.timeout(LONGEST_CLAIM);
      if (locks) locks.request(nameOf(id), {signal}, hold).catch(() => resolve(false));
      else resolve(true);
    });
    if (isClaimed) this.mine.add(id);
    return isClaimed;
  }

  private async isFree(id: string): Promise<boolean> {
    const {held = []} = (await navigator.locks?.query()) ?? {};
    return this.mine.has(id) || !held.some(({name}) => name === nameOf(id));
  }

  /** @throws DOMException if the browser refuses, or has no room */
  private async transact<T>(
    mode: IDBTransactionMode,
    work: (store: IDBObjectStore) => IDBRequest<T>,
  ) {
    this.database ??= open();
    try {
      const database = await this.database;
      return await new Promise<T>((resolve, reject) => {
        const transaction = database.transaction(STORE, mode);
        const request = work(transaction.objectStore(STORE));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onabort = () => reject(transaction.error);
        transaction.commit(); // does not wait for the request's end, which a page that is closed doesn't see
      });
    } catch (error) {
      this.database = undefined; // the browser may have closed it, and opens it again
      throw error;
    }
  }
}

const nameOf = (id: string) => `mnist-ops run ${id}`;

const open = () =>
  new Promise<IDBDatabase>((resolve, reject) => {
    const late = () => reject(new DOMException('no answer', 'TimeoutError'));
    setTimeout(late, LONGEST_OPENING);
    const request = indexedDB.open('mnist-ops', 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, {keyPath: 'id'});
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
