/**
 * How many elements of an array strided accesses touch, each element counted once however many accesses meet there:
 * shifted, flipped and transposed reads of one array overlap, its even and odd positions do not.
 */

/** Elements `offset + sum of stride * i`, with `i` from 0 to below `extent` in each loop. */
export interface Access {
  readonly offset: number;
  readonly loops: readonly { readonly stride: number; readonly extent: number }[];
}

/** More runs of neighbours than this are not told apart: then the count is an upper bound. */
const mostRuns = 2 ** 16;

/** The number of distinct elements, of an array that has `length`. */
export function accessedElements(accesses: readonly Access[], length: number): number {
  const [only] = accesses;
  if (only !== undefined && accesses.length === 1) {
    const access = normalize(only);
    return access === undefined ? 0 : Math.min(length, count([access]));
  }
  const normal = new Map<string, Access>();
  for (const access of accesses.map(normalize))
    if (access !== undefined)
      normal.set(`${access.offset}:${access.loops.map((l) => `${l.stride}*${l.extent}`).join()}`, access);
  return Math.min(length, count([...normal.values()]));
}

/** Ascending in every loop, the longest strides first, loops merged where one continues the other. */
function normalize({ offset, loops }: Access): Access | undefined {
  let start = offset;
  const own: { stride: number; extent: number }[] = [];
  for (const { stride, extent } of loops) {
    if (extent === 0) return undefined;
    if (extent === 1 || stride === 0) continue;
    if (stride < 0) start += stride * (extent - 1);
    own.push({ stride: Math.abs(stride), extent });
  }
  if (own.length <= 1) return { offset: start, loops: own };
  const merged: { stride: number; extent: number }[] = [];
  for (const loop of own.toSorted((a, b) => a.stride - b.stride)) {
    const inner = merged[0];
    if (inner !== undefined && loop.stride === inner.stride * inner.extent) inner.extent *= loop.extent;
    else merged.unshift(loop);
  }
  return { offset: start, loops: merged };
}

const spanOf = (loops: Access['loops']): number =>
  loops.reduce((sum, { stride, extent }) => sum + stride * (extent - 1), 0);

const sizeOf = ({ loops }: Access): number => loops.reduce((product, { extent }) => product * extent, 1);

function count(accesses: readonly Access[]): number {
  const [first, ...others] = accesses;
  if (first === undefined) return 0;
  if (others.length === 0 && isInjective(first.loops)) return sizeOf(first);
  return countTurns(accesses) ?? countResidues(accesses) ?? countRuns(accesses) ?? bound(accesses);
}

/** Whether no element is met twice for certain: each turn of a loop begins behind the end of the one before. */
const isInjective = (loops: Access['loops']): boolean =>
  loops.every(({ stride }, k) => stride > spanOf(loops.slice(k + 1)));

/** Accesses that share their outermost loop, where what one turn touches ends before the next turn begins. */
function countTurns(accesses: readonly Access[]): number | undefined {
  const outer = accesses[0]?.loops[0];
  if (outer === undefined) return undefined;
  let [low, high] = [Infinity, -Infinity];
  for (const { offset, loops } of accesses) {
    if (loops[0]?.stride !== outer.stride || loops[0].extent !== outer.extent) return undefined;
    low = Math.min(low, offset);
    high = Math.max(high, offset + spanOf(loops.slice(1)));
  }
  if (high - low >= outer.stride) return undefined;
  return (
    outer.extent *
    accessedElements(
      accesses.map(({ offset, loops }) => ({ offset, loops: loops.slice(1) })),
      Infinity,
    )
  );
}

/** Accesses whose strides are all multiples of the shortest: those with other remainders of the offset never meet. */
function countResidues(accesses: readonly Access[]): number | undefined {
  const strides = accesses.flatMap(({ loops }) => loops.map(({ stride }) => stride));
  const unit = Math.min(...strides);
  if (strides.length === 0 || unit === 1 || strides.some((stride) => stride % unit !== 0)) return undefined;
  const groups = Map.groupBy(accesses, ({ offset }) => offset % unit);
  const counts = [...groups.values()].map((group) =>
    count(
      group.map(({ offset, loops }) => ({
        offset: Math.floor(offset / unit),
        loops: loops.map(({ stride, extent }) => ({ stride: stride / unit, extent })),
      })),
    ),
  );
  return counts.reduce((sum, size) => sum + size, 0);
}

/** Runs of neighbours, put together where they overlap. */
function countRuns(accesses: readonly Access[]): number | undefined {
  const shapes = accesses.map((access) => {
    const last = access.loops.at(-1);
    const isRun = last?.stride === 1;
    return {
      offset: access.offset,
      run: isRun ? last.extent : 1,
      outer: isRun ? access.loops.slice(0, -1) : access.loops,
    };
  });
  const total = shapes.reduce((sum, { offset, outer }) => sum + sizeOf({ offset, loops: outer }), 0);
  if (total > mostRuns) return undefined;
  const runs: { readonly start: number; readonly end: number }[] = [];
  for (const { offset, run, outer } of shapes) {
    let starts = [offset];
    for (const { stride, extent } of outer)
      starts = starts.flatMap((start) => Array.from({ length: extent }, (_, k) => start + k * stride));
    for (const start of starts) runs.push({ start, end: start + run });
  }
  let [size, end] = [0, -Infinity];
  for (const run of runs.toSorted((a, b) => a.start - b.start)) {
    size += Math.max(0, run.end - Math.max(end, run.start));
    end = Math.max(end, run.end);
  }
  return size;
}

/** No more than all of them apart, and no more than lie between the first and the last. */
function bound(accesses: readonly Access[]): number {
  const first = Math.min(...accesses.map(({ offset }) => offset));
  const end = Math.max(...accesses.map(({ offset, loops }) => offset + spanOf(loops) + 1));
  return Math.min(
    end - first,
    accesses.reduce((sum, access) => sum + sizeOf(access), 0),
  );
}
