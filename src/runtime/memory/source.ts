/**
 * The values of an array: what is true of them, wherever they are.
 *
 * A source has an identity and a version; memo keys are made of both, so a changed array is another array to the caches.
 * One of its copies is the *truth*, at some place (`place.ts`): an ordinary array, a block of the heap, a buffer of a
 * GPU. Copies at other places are made when the values are first needed there, and are dropped when the version changes.
 * Each may go when its place needs the room. If the truth has to go, it is saved to an ordinary array, which is the truth
 * from then on, or it is dropped because it has a recipe, and is computed again when it is read after all.
 *
 * A recipe needs inputs that do not change. If code of the user may write to the truth, the recipe gets a copy of the
 * current version, in a source of its own.
 *
 * Copies do not know their source, and the source alone knows those whose place has let them go: so neither a place nor
 * a finalizer keeps a dead source or what was saved for it. That matters in synchronous loops, where finalizers never
 * run. (A WeakRef would keep its target through such a loop.)
 */
import type { ArraySource } from '../../ir/node.ts';
import type { TypedArray } from '../../ir/dtype.ts';
import { InternalError } from '../../ir/errors.ts';
import { inSession } from '../perSession.ts';
import { HostCopy, hostPlace } from './host.ts';
import { finalizers, isRemote, type Copy, type Place, type RemoteCopy } from './place.ts';

/** Arrays up to this size are copied where others are kept track of, which costs more. */
export const smallBytes = 1024;

/** How often values are computed again because their place was lost. */
export const maxAttempts = 3;

const none: readonly Copy[] = [];

export class Source implements ArraySource {
  static #next = 1;
  /** Whether any values were ever only where reading takes time. */
  static anyRemote = false;
  readonly id = Source.#next++;
  version = 0;
  readonly byteLength: number;
  /** Evaluations that read it since its values changed. */
  reads = 0;
  /** The truth, if it is an ordinary array: hot paths look only at this, and `#truth` is made when it is asked for. */
  #host: TypedArray | undefined;
  #truth: Copy | undefined;
  /** Of the truth, at other places. */
  #copies: readonly Copy[] = none;
  /** Of a truth that may change: the current version, for recipes. */
  #snapshot: Source | undefined;
  /** Whether the values may be read at any time. */
  #isShared = false;

  constructor(values: TypedArray | Copy) {
    this.byteLength = values.byteLength;
    if (ArrayBuffer.isView(values)) this.#host = values;
    else this.#trust(values);
  }

  /** Where the values are for certain, if they are anywhere: copies of it may be elsewhere. */
  get truth(): Copy {
    const truth: Copy = (this.#truth ??= this.#hostCopy());
    return truth.rescued === undefined ? truth : this.#become(new HostCopy(truth.rescued, this.byteLength));
  }

  /** Not to be kept: the memory may have other values after the next run. */
  get values(): TypedArray {
    this.check('data');
    return this.#host ?? this.#readable().read();
  }

  /** The ordinary array that holds the values, if there is one. */
  get host(): TypedArray | undefined {
    return this.#host ?? this.at(hostPlace)?.values;
  }

  /** The truth, if nothing else has the values and reading it takes time. */
  get remote(): RemoteCopy | undefined {
    const { truth } = this;
    return isRemote(truth) && this.#inMemory() === undefined ? truth : undefined;
  }

  /** Whether the values are remote, and were lost there. */
  get isLost(): boolean {
    return this.remote?.isThere === false;
  }

  /** Whether the values can be had. */
  get isObtainable(): boolean {
    return this.remote?.isObtainable !== false;
  }

  /** Throws a `DataError` if the memory of the values has gone: of a user, or handed out without a copy. */
  check(operation: string): void {
    if (this.#host?.byteLength === this.byteLength) return;
    this.truth.check?.(operation);
    for (const copy of this.#copies) copy.check?.(operation);
  }

  /** The values at a place, if it has them. */
  at<C extends Copy>(place: Place<C>): C | undefined {
    const copies = this.#copies;
    for (let k = 0; k < copies.length; k++) {
      const copy = copies[k];
      if (copy !== undefined && place.holds(copy)) return copy;
    }
    const { truth } = this;
    return place.holds(truth) ? truth : this.#snapshot?.at(place);
  }

  /** The same, copied there if need be; `undefined` if the place has no room. */
  bring<C extends Copy>(place: Place<C>): C | undefined {
    this.restore();
    const known = this.at(place);
    if (known !== undefined || this.byteLength > (place.budget ?? Infinity)) return known;
    const copy = place.bring(this.values);
    if (copy !== undefined) this.#add(copy);
    return copy;
  }

  /** The values in an ordinary array that stays. */
  settle(): TypedArray {
    this.check('data');
    this.restore();
    const { truth } = this;
    return truth.settle?.() ?? (isRemote(truth) ? this.#readable() : truth).read();
  }

  /** Keeps the values where they are until the run in progress is over. */
  pin(): void {
    if (this.#host === undefined) this.#truth?.pin?.();
    const copies = this.#copies;
    for (let k = 0; k < copies.length; k++) copies[k]?.pin?.();
    this.#snapshot?.pin();
  }

  /** The copy to read: the truth, unless that is more work. */
  #readable(): Copy {
    this.restore();
    const { truth } = this;
    return truth.isInMemory ? truth : (this.#inMemory() ?? truth);
  }

  #inMemory(): Copy | undefined {
    return this.#copies.find(({ isInMemory }) => isInMemory) ?? this.#snapshot?.truth;
  }

  #add(copy: Copy): void {
    for (const known of this.#copies) if (!known.isThere) drop(known);
    this.#copies = [...this.#copies.filter(({ isThere }) => isThere), copy];
    this.#own(copy);
  }

  #hostCopy(): HostCopy {
    if (this.#host === undefined) throw new InternalError('storage', 'the values are nowhere');
    return new HostCopy(this.#host, this.byteLength);
  }

  #trust(truth: Copy): void {
    this.#truth = truth;
    if (truth instanceof HostCopy) this.#host = truth.values;
    if (isRemote(truth)) Source.anyRemote = true;
    this.#own(truth);
  }

  /** From here on the copy ends with this source. */
  #own(copy: Copy): void {
    if (copy.free !== undefined) finalizers.register(this, copy, copy);
  }

  /** Another copy is the truth from now on. */
  #become(truth: Copy): Copy {
    const before = this.#truth;
    before?.demote?.();
    if (before?.isThere === true) this.#copies = [...this.#copies, before];
    else if (before !== undefined) drop(before);
    this.#trust(truth);
    return truth;
  }

  /** Whether the values were dropped and are to be computed again. */
  get isDropped(): boolean {
    return this.#host === undefined && this.truth.isDropped === true;
  }

  /** Computes the values again if they were dropped. Not while a run is in progress. */
  restore(): void {
    if (!this.isDropped) return;
    const values = this.truth.recompute?.();
    if (values !== undefined) this.#become(ArrayBuffer.isView(values) ? new HostCopy(values) : values);
  }

  /** The values in an ordinary array, fetched if they are remote. */
  async fetch(): Promise<TypedArray> {
    for (let attempt = 1; ;) {
      const { remote, version } = this;
      if (remote === undefined) return this.values;
      const again = remote.isThere ? undefined : await inSession(this.#recompute(remote));
      const there = remote.isThere ? remote : again;
      if (there === undefined) continue;
      try {
        const values = await inSession(there.fetch());
        if (version !== this.version || this.remote === undefined) continue;
        if (there.mayChange) this.#add(new HostCopy(values));
        else this.#become(new HostCopy(values));
      } catch (error) {
        if (attempt++ >= maxAttempts || !(await inSession(there.isLost()))) throw error;
      } finally {
        again?.release();
      }
    }
  }

  /** A step towards values that can be read, or brought to another place. Not while a run is in progress. */
  async recover(): Promise<void> {
    const { remote } = this;
    if (remote === undefined) return;
    if (remote.isThere) await inSession(this.fetch());
    else (await inSession(this.#recompute(remote)))?.release();
  }

  /** Computes remote values again that are there no more; held. `undefined` if another reader was first. */
  async #recompute(remote: RemoteCopy): Promise<RemoteCopy | undefined> {
    const values = await inSession(remote.recomputeLater());
    if (this.#truth === remote) {
      this.#become(values);
      return values;
    }
    values.release();
    values.free();
    return undefined;
  }

  /** From now on the values are saved when their room is needed, and not dropped. */
  keep(): void {
    this.#truth?.detach?.();
  }

  /** What a recipe may read later: this source, or the values as they are now if code of the user may write to them. */
  frozen(): Source | undefined {
    if (this.#truth?.mayChange !== true) {
      this.share();
      return this;
    }
    if (this.#snapshot !== undefined) return this.#snapshot;
    const kept = this.#copies.find((copy) => copy.promote?.() === true);
    if (kept !== undefined) {
      this.#copies = this.#copies.filter((copy) => copy !== kept);
      finalizers.unregister(kept);
      return (this.#snapshot = new Source(kept));
    }
    if (this.byteLength > smallBytes || this.remote !== undefined) return undefined;
    return (this.#snapshot = new Source(this.values.slice()));
  }

  /**
   * Lets the place of the only values drop them for good, which `dropped` is told, for nothing reads them now;
   * `undefined`: not any more. Shared values stay.
   */
  setExpendable(dropped: (() => void) | undefined): void {
    if (dropped === undefined || !this.#isShared) this.#truth?.setExpendable?.(dropped);
  }

  /** From now on the values may be read at any time, by a recipe or an array. */
  share(): void {
    this.#isShared = true;
    this.#truth?.setExpendable?.(undefined);
  }

  /** Gives the memory of expendable values back. */
  giveUp(): void {
    if (this.#truth?.isExpendable === true) drop(this.#truth);
  }

  /** The values were written to: copies of them are stale. */
  touch(): void {
    this.check('touch');
    this.version++;
    this.reads = 0;
    this.#truth?.changed?.();
    for (const copy of this.#copies) drop(copy);
    this.#copies = none;
    this.#snapshot = undefined;
  }
}

function drop(copy: Copy): void {
  finalizers.unregister(copy);
  copy.free?.();
}
