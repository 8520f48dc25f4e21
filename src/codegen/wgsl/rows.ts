/**
 * Rows: a kernel with walks, its points spread over invocations in one of two ways. Each point is a row.
 *
 * *Whole*: one dispatch. A row belongs to `lanes` invocations of one workgroup (a power of two, given at run time: 1 is
 * one invocation per row, all is a workgroup per row). They stride along the row together, join what they have
 * accumulated in a tree in workgroup memory, and go on with the outcome, walk after walk.
 *
 * *In parts*: few and long rows. For each walk, workgroups take parts of rows and leave partial outcomes in scratch
 * memory; another dispatch joins them. How many parts there are depends on sizes alone.
 *
 * What later walks need again of a row stays in workgroup memory, if it fits and the row is whole (`resident.ts`).
 *
 * In both, lanes of a row are neighbours where memory runs along the row, and rows are neighbours where it runs across
 * (`apart`: how far apart the lanes of one row are), so that loads coalesce.
 *
 * Rounding: within a walk, sums run in chains of `chain` elements, the chains are added one after the other (at most
 * `maxChains`), then lanes and parts join in trees. `sumDepth` bounds how many additions an element takes part in, and
 * so the error: n additions deep, it is below n u of the sum of magnitudes, u = 2^-24 (Higham, Accuracy and Stability
 * of Numerical Algorithms, 4.2).
 */
import { InternalError } from '../../ir/errors.ts';
import { isPairwise, type Line, type LoopKernel, type Step, type Walk } from '../../ir/kernel.ts';
import { isArg } from '../../ir/monoids.ts';
import {
  accumulatorsOf,
  extentOf,
  isWalk,
  linesIn,
  linesOf,
  reachable,
  stepsOf,
  valueOf,
  walksOf,
} from '../../ir/nest.ts';
import { block, type Code } from '../text/source.ts';
import { Body, integer, type Vectors } from './body.ts';
import { declareState, foldOf, fromWord, registersOf, stateNames, toWord, type Fold } from './folds.ts';
import { decodeIndices } from './map.ts';
import type { Shader } from './program.ts';
import type { Residency } from './resident.ts';
import { splat, typeOf, type Width } from './registers.ts';
import { ShaderWriter } from './shader.ts';

/** Elements (or vectors of four) that one lane adds up before it starts a new chain. */
export const chain = 32;
export const maxChains = 128;

/** Additions that an element of a float32 sum takes part in at most. */
export const sumDepth = chain + maxChains + 3 + 8 + 16;

/** What the plan tells a row shader. All u32. */
const rowWords = ['items', 'rows', 'lanes', 'apart', 'length', 'span', 'parts', 'finals'] as const;
export type RowWords = Readonly<Record<(typeof rowWords)[number], number>>;

/** What rows keep on chip, in memory for so many steps of each invocation. */
export interface Resident {
  readonly residency: Residency;
  readonly steps: number;
}

/** Which piece of the kernel a shader runs. */
export type RowPiece =
  | { readonly kind: 'whole'; readonly resident: Resident | undefined }
  | { readonly kind: 'part'; readonly walk: Walk }
  /** Joins the parts of `walk`; `last`: and does what is left to do for the row. */
  | { readonly kind: 'join'; readonly walk: Walk; readonly last: boolean }
  /** What is left to do for the row after a last walk that only stores. */
  | { readonly kind: 'rest' };

/** Words that all accumulators of the kernel keep between dispatches. */
export function wordsPerItem(kernel: LoopKernel): number {
  return scratchWords(kernel).total;
}

function scratchWords(kernel: LoopKernel): {
  readonly at: ReadonlyMap<number, number>;
  readonly total: number;
} {
  const at = new Map<number, number>();
  let total = 0;
  for (const accumulator of walksOf(kernel).flatMap(accumulatorsOf)) {
    at.set(accumulator.id, total);
    total += registersOf(accumulator);
  }
  return { at, total };
}

export function rowShader(
  kernel: LoopKernel,
  piece: RowPiece,
  workgroupSize: number,
  vectors: Vectors | undefined,
): Shader {
  return new RowWriter(kernel, piece, workgroupSize, vectors).shader();
}

/** Whether the order of combination shows in the result: then chains of additions are kept short. */
const rounds = ({ accumulator }: Fold): boolean => isPairwise(accumulator);

class RowWriter {
  readonly #kernel: LoopKernel;
  readonly #piece: RowPiece;
  readonly #size: number;
  readonly #vectors: Vectors | undefined;
  readonly #writer = new ShaderWriter();
  readonly #body: Body;
  readonly #scratchAt: ReadonlyMap<number, number>;
  #walkNumber = 0;

  constructor(kernel: LoopKernel, piece: RowPiece, size: number, vectors: Vectors | undefined) {
    this.#kernel = kernel;
    this.#piece = piece;
    this.#size = size;
    this.#vectors = vectors;
    this.#body = new Body(this.#writer, kernel, vectors);
    this.#scratchAt = scratchWords(kernel).at;
  }

  shader(): Shader {
    const kernel = this.#kernel;
    const steps = this.#steps();
    this.#body.bindBuffers(linesOf(steps));
    if (this.#piece.kind !== 'whole' && (this.#piece.kind !== 'rest' || this.#resultsOf(steps).length > 0))
      this.#bindScratch();
    const axes = kernel.points.axes.map((axis) => ({
      axis,
      extent: extentOf(kernel, axis),
      width: 1 as const,
    }));
    const parts = this.#piece.kind === 'part';
    const code: Code = [
      ...this.#place(parts),
      ...decodeIndices('row', axes),
      ...this.#earlierOutcomes(steps),
      ...(this.#piece.kind === 'join' ? this.#join(this.#piece.walk, this.#piece.last) : []),
      ...steps.flatMap((step) =>
        isWalk(step)
          ? this.#walk(step)
          : step.kind === 'store'
            ? this.#once(this.#body.line(step))
            : this.#body.line(step),
      ),
    ];
    return this.#writer.finish(
      this.#size,
      { integers: kernel.integers, added: rowWords, scalars: kernel.scalars },
      code,
      this.#note(),
    );
  }

  #note(): string {
    const wide = this.#vectors === undefined ? '' : ', 4 elements at a time';
    switch (this.#piece.kind) {
      case 'whole': {
        const { resident } = this.#piece;
        return resident === undefined ? `rows${wide}` : `rows${wide}, kept on chip`;
      }
      case 'part':
        return `parts of rows${wide}`;
      case 'join':
        return 'joins parts';
      case 'rest':
        return 'rest of rows';
    }
  }

  /** The steps of this piece, without values that nothing here needs. */
  #steps(): readonly Step[] {
    const piece = this.#piece;
    const chosen = stepsOf(this.#kernel).filter((step) => {
      if (piece.kind === 'whole') return true;
      if (isWalk(step)) return piece.kind === 'part' && step === piece.walk;
      if (step.kind === 'let') return true;
      return piece.kind === 'rest' || (piece.kind === 'join' && piece.last);
    });
    if (piece.kind === 'whole') return chosen;
    const needed = this.#needed(chosen);
    return chosen.filter((step) => isWalk(step) || step.kind === 'store' || needed.has(step.value));
  }

  #needed(steps: readonly Step[]): ReadonlySet<number> {
    const roots = steps.flatMap((step) => {
      if (!isWalk(step)) return step.kind === 'store' ? [step.value] : [];
      return [
        ...accumulatorsOf(step).map(({ value }) => value),
        ...linesIn(step).flatMap((line) => (line.kind === 'store' ? [line.value] : [])),
      ];
    });
    return reachable(this.#kernel, roots);
  }

  /** Which row, and which lane of it, this invocation is. Invocations without a row walk nothing and store nothing. */
  #place(parts: boolean): Code {
    return [
      'let lanes = numbers.lanes;',
      `let perGroup = ${this.#size}u / lanes;`,
      'let lane = (local / numbers.apart) % lanes;',
      'let item = group * perGroup + select(local % perGroup, local / lanes, numbers.apart == 1u);',
      'let live = item < numbers.items;',
      parts ? 'let row = select(0u, item % numbers.rows, live);' : 'let row = select(0u, item, live);',
      ...(parts
        ? [
            'let start = (item / numbers.rows) * numbers.span;',
            'let end = select(0u, min(start + numbers.span, numbers.length), live);',
          ]
        : [
            ...(this.#piece.kind === 'whole'
              ? ['let start = 0u;', 'let end = select(0u, numbers.length, live);']
              : []),
          ]),
    ];
  }

  #once(code: Code): Code {
    return block('if (live && lane == 0u)', code);
  }

  #walk(walk: Walk): Code {
    const kernel = this.#kernel;
    const width: Width = this.#vectors === undefined ? 1 : 4;
    const folds = accumulatorsOf(walk).map((accumulator) => foldOf(accumulator, this.#writer));
    const wide = width === 4 ? 'wide_' : '';
    const names = new Map(folds.map((fold) => [fold, stateNames(fold, wide)]));
    const counted = accumulatorsOf(walk).some(({ op }) => isArg(op));
    const last = walk.axes.at(-1);
    const axes = walk.axes.map((axis) => ({
      axis,
      extent: extentOf(kernel, axis),
      width: axis === last ? width : (1 as const),
    }));
    const rounding = folds.filter(rounds);
    const kept = this.#keptIn(walk, width);
    const element: Code = [
      ...decodeIndices('q', axes),
      ...this.#tail(last, folds.length > 0),
      ...kept.restores,
      ...(counted
        ? [width === 4 ? 'let position = vec4i(i32(q) * 4) + vec4i(0, 1, 2, 3);' : 'let position = i32(q);']
        : []),
      ...kept.lines.flatMap((line) => this.#body.line(line)),
      ...kept.saves,
      ...folds.flatMap((fold) =>
        this.#take(fold, rounds(fold) ? stateNames(fold, 'chain_') : (names.get(fold) ?? []), width),
      ),
    ];
    const loop: Code =
      rounding.length === 0
        ? block('for (var q = start + lane; q < end; q += lanes)', element)
        : block(`for (var begin = start + lane; begin < end; begin += ${chain}u * lanes)`, [
            ...rounding.flatMap((fold) => declareState(fold, stateNames(fold, 'chain_'), width)),
            `let stop = min(begin + ${chain}u * lanes, end);`,
            ...block('for (var q = begin; q < stop; q += lanes)', element),
            ...rounding.flatMap((fold) =>
              fold.merge(names.get(fold) ?? [], stateNames(fold, 'chain_'), width),
            ),
          ]);
    return [
      ...folds.flatMap((fold) => declareState(fold, names.get(fold) ?? [], width)),
      ...kept.start,
      ...loop,
      ...(width === 4 ? folds.flatMap((fold) => this.#narrow(fold, names.get(fold) ?? [])) : []),
      ...this.#tree(folds),
      ...(this.#piece.kind === 'part' ? this.#keepParts(folds) : this.#finish(folds)),
    ];
  }

  /** What a walk takes from workgroup memory and puts there; each invocation has every `size`th place. */
  #keptIn(
    walk: Walk,
    width: Width,
  ): Record<'start' | 'restores' | 'saves', Code> & { readonly lines: readonly Line[] } {
    const resident = this.#piece.kind === 'whole' ? this.#piece.resident : undefined;
    const own = resident?.residency.walks.get(walk);
    if (resident === undefined || own === undefined)
      return { start: [], restores: [], lines: linesIn(walk), saves: [] };
    const { steps, residency } = resident;
    residency.slots.forEach((register, slot) => {
      const type = `array<${typeOf(register, width)}, ${steps * this.#size}>`;
      this.#writer.declare(`kept${slot}`, `var<workgroup> kept${slot}: ${type};`);
    });
    const at = `at${this.#walkNumber++}`;
    return {
      start: [`var ${at} = local;`],
      restores: own.restores.map(
        ({ value, slot }) => `let v${value} = ${this.#body.narrowed(value, `kept${slot}[${at}]`, width)};`,
      ),
      lines: own.lines,
      saves: [
        ...own.saves.map(({ value, slot }) => `kept${slot}[${at}] = ${this.#body.name(value, width)};`),
        `${at} += ${this.#size}u;`,
      ],
    };
  }

  /** The number of valid elements of the current vector; the tail counts as seeds. */
  #tail(axis: number | undefined, masks: boolean): Code {
    const valid = this.#vectors?.valid;
    if (valid === undefined || axis === undefined) return [];
    return [
      `let ${valid} = ${integer(extentOf(this.#kernel, axis))} - i${axis};`,
      ...(masks ? [`let inside = vec4i(0, 1, 2, 3) < vec4i(${valid});`] : []),
    ];
  }

  #take(fold: Fold, state: readonly string[], width: Width): Code {
    const { id, value } = fold.accumulator;
    const { code, value: parts } = fold.element(this.#body.name(value, width), 'position', width);
    const names = parts.map((_, k) => `x${id}${k === 0 ? '' : `_${k}`}`);
    const masked = (part: string, k: number): string =>
      this.#vectors?.valid === undefined
        ? part
        : `select(${splat(fold.seeds[k] ?? '', fold.registers[k] ?? 'u32', width)}, ${part}, inside)`;
    return [
      ...code,
      ...parts.map((part, k) => `let ${names[k] ?? ''} = ${masked(part, k)};`),
      ...fold.merge(state, names, width),
    ];
  }

  /** The four lanes of a vector become one. */
  #narrow(fold: Fold, wide: readonly string[]): Code {
    const names = stateNames(fold);
    return [
      ...names.map((name, k) => `var ${name} = ${wide[k] ?? ''}.x;`),
      ...['y', 'z', 'w'].flatMap((lane) =>
        fold.merge(
          names,
          wide.map((name) => `${name}.${lane}`),
          1,
        ),
      ),
    ];
  }

  /** The lanes of a row become one, and all of them get to know the outcome. */
  #tree(folds: readonly Fold[]): Code {
    if (folds.length === 0) return [];
    const shared = folds.flatMap((fold) => {
      const names = stateNames(fold);
      return names.map((name, k) => {
        const register = fold.registers[k] ?? 'u32';
        this.#writer.declare(
          `shared_${name}`,
          `var<workgroup> shared_${name}: array<${typeOf(register, 1)}, ${this.#size}>;`,
        );
        return name;
      });
    });
    const merge = (fold: Fold): Code => {
      const names = stateNames(fold);
      return [
        ...names.map((name) => `let other_${name} = shared_${name}[local + half * numbers.apart];`),
        ...fold.merge(
          names,
          names.map((name) => `other_${name}`),
          1,
        ),
        ...names.map((name) => `shared_${name}[local] = ${name};`),
      ];
    };
    return block('if (lanes > 1u)', [
      ...shared.map((name) => `shared_${name}[local] = ${name};`),
      ...block('for (var half = lanes / 2u; half > 0u; half /= 2u)', [
        'workgroupBarrier();',
        ...block('if (lane < half)', folds.flatMap(merge)),
      ]),
      'workgroupBarrier();',
      ...shared.map((name) => `${name} = shared_${name}[local - lane * numbers.apart];`),
    ]);
  }

  /** The outcomes; of nothing, they may be others than those of what the walk started from. */
  #finish(folds: readonly Fold[]): Code {
    return folds.flatMap((fold) => {
      const { accumulator, nothing } = fold;
      const names = stateNames(fold);
      this.#body.outcome(accumulator.id, accumulator.dtype);
      const ofNothing = names.flatMap((name, k) =>
        nothing[k] === undefined ? [] : [`${name} = select(${name}, ${nothing[k]}, numbers.length == 0u);`],
      );
      return [...ofNothing, ...this.#outcome(fold, names)];
    });
  }

  /** Makes `r<id>` of the registers, where none of them is it. */
  #outcome({ accumulator: { id }, outcome }: Fold, names: readonly string[]): Code {
    if (typeof outcome === 'number') return [];
    const { code, value } = outcome(names);
    return [...code, `let r${id} = ${value};`];
  }

  #bindScratch(): void {
    this.#writer.bind('scratch', 'array<u32>', { kind: 'scratch', scratch: 0, writes: true });
  }

  /** Each register of each accumulator with the number of its row of scratch words. */
  #registersOf(
    folds: readonly Fold[],
  ): readonly { readonly name: string; readonly fold: Fold; readonly k: number; readonly word: number }[] {
    return folds.flatMap((fold) =>
      stateNames(fold).map((name, k) => ({
        name,
        fold,
        k,
        word: (this.#scratchAt.get(fold.accumulator.id) ?? 0) + k,
      })),
    );
  }

  #keepParts(folds: readonly Fold[]): Code {
    if (folds.length === 0) return [];
    return this.#once(
      this.#registersOf(folds).map(
        ({ name, fold, k, word }) =>
          `scratch[${word}u * numbers.items + item] = ${toWord(name, fold.registers[k] ?? 'u32')};`,
      ),
    );
  }

  #join(walk: Walk, last: boolean): Code {
    const folds = accumulatorsOf(walk).map((accumulator) => foldOf(accumulator, this.#writer));
    const registers = this.#registersOf(folds);
    return [
      ...folds.flatMap((fold) => declareState(fold, stateNames(fold), 1)),
      ...block('for (var part = lane; part < select(0u, numbers.parts, live); part += lanes)', [
        ...registers.map(
          ({ name, fold, k, word }) =>
            `let part_${name} = ${fromWord(`scratch[(${word}u * numbers.parts + part) * numbers.rows + row]`, fold.registers[k] ?? 'u32')};`,
        ),
        ...folds.flatMap((fold) => fold.merge(stateNames(fold), stateNames(fold, 'part_'), 1)),
      ]),
      ...this.#tree(folds),
      ...this.#finish(folds),
      ...(last
        ? []
        : this.#once(
            registers.map(
              ({ name, fold, k, word }) =>
                `scratch[numbers.finals + ${word}u * numbers.rows + row] = ${toWord(name, fold.registers[k] ?? 'u32')};`,
            ),
          )),
    ];
  }

  #resultsOf(steps: readonly Step[]): readonly number[] {
    const ids = [...this.#needed(steps)].flatMap((id) => {
      const value = valueOf(this.#kernel, id);
      return value.kind === 'result' ? [value.accumulator] : [];
    });
    return [...new Set(ids)].sort((a, b) => a - b);
  }

  /** Outcomes of walks that earlier dispatches made. */
  #earlierOutcomes(steps: readonly Step[]): Code {
    const piece = this.#piece;
    if (piece.kind === 'whole') return [];
    const own = piece.kind === 'join' ? accumulatorsOf(piece.walk).map(({ id }) => id) : [];
    const accumulators = walksOf(this.#kernel).flatMap(accumulatorsOf);
    return this.#resultsOf(steps)
      .filter((id) => !own.includes(id))
      .flatMap((id) => {
        const accumulator = accumulators.find((known) => known.id === id);
        if (accumulator === undefined) throw new InternalError('webgpu', `nothing computes r${id}`);
        const fold = foldOf(accumulator, this.#writer);
        this.#body.outcome(id, accumulator.dtype);
        const inScratch = this.#registersOf([fold]).map(({ k, word }) =>
          fromWord(`scratch[numbers.finals + ${word}u * numbers.rows + row]`, fold.registers[k] ?? 'u32'),
        );
        if (typeof fold.outcome === 'number') return [`let r${id} = ${inScratch[fold.outcome] ?? ''};`];
        return this.#outcome(fold, inScratch);
      });
  }
}
