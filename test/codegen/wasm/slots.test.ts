/** Locals share slots, and no program notices: random programs do what an interpreter of their statements does. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodeOf } from '../../../src/api/anyArray.ts';
import { emitLoops } from '../../../src/codegen/wasm/loops/emit.ts';
import {
  FunctionBuilder,
  type Label,
  type WasmStatement,
} from '../../../src/codegen/wasm/assembler/function.ts';
import { i32, Local, type Operand } from '../../../src/codegen/wasm/assembler/operands.ts';
import { encodeModule } from '../../../src/codegen/wasm/assembler/module.ts';
import { assignSlots } from '../../../src/codegen/wasm/assembler/slots.ts';
import { treesOf } from '../../../src/codegen/wasm/assembler/tree.ts';
import { ModuleContext } from '../../../src/codegen/wasm/module/context.ts';
import * as lz from '../../../src/index.ts';
import type { LazyArray } from '../../../src/index.ts';
import { bindGraph, encode } from '../../../src/passes/bind.ts';
import { compilePlan } from '../../../src/passes/pipeline.ts';
import { settings } from '../../support/runs.ts';

const slotsOf = (f: FunctionBuilder): number =>
  assignSlots(f, treesOf(f)).groups.reduce((sum, { count }) => sum + count, 0);

type Step =
  | { readonly kind: 'compute' | 'variable' | 'update'; readonly a: number; readonly b: number }
  | { readonly kind: 'loop'; readonly turns: number; readonly body: readonly Step[] }
  | { readonly kind: 'if' | 'choose' | 'leave'; readonly a: number; readonly body: readonly Step[] };

const step = fc.letrec<{ step: Step; body: readonly Step[] }>((tie) => ({
  body: fc.array(tie('step'), { maxLength: 5 }),
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constantFrom('compute', 'variable', 'update'), a: fc.nat(99), b: fc.nat(99) }),
    fc.record({ kind: fc.constant('loop'), turns: fc.nat(3), body: tie('body') }),
    fc.record({ kind: fc.constantFrom('if', 'choose', 'leave'), a: fc.nat(99), body: tie('body') }),
  ),
})).step;

const programs = fc.array(step, { minLength: 1, maxLength: 12 });

/** A function of two numbers; values of a scope are seen inside it, variables everywhere after they were made. */
function build(steps: readonly Step[]): FunctionBuilder {
  const f = new FunctionBuilder(
    'f',
    [
      ['x', 'i32'],
      ['y', 'i32'],
    ],
    'i32',
  );
  const variables: Local[] = [f.variable('i32', undefined, 'never set')];
  const emit = (list: readonly Step[], outer: readonly Local[]): void => {
    const values = [...outer];
    const pick = (at: number): Local => {
      const all = [...values, ...variables];
      return all[at % all.length] ?? f.parameter(0);
    };
    for (const one of list)
      switch (one.kind) {
        case 'compute':
          values.push(f.op('i32.sub', f.op('i32.mul', pick(one.a), i32(3)), pick(one.b)));
          break;
        case 'variable':
          variables.push(f.variable('i32', pick(one.a)));
          break;
        case 'update':
          f.update(variables[one.a % variables.length] ?? f.variable('i32'), 'i32.add', pick(one.b));
          break;
        case 'loop': {
          const left = f.variable('i32', i32(one.turns + 1));
          f.loop((again) => {
            emit(one.body, values);
            f.update(left, 'i32.sub', i32(1));
            f.branch(again, left);
          });
          break;
        }
        case 'if':
          f.if(
            f.op('i32.and', pick(one.a), i32(1)),
            () => {
              emit(one.body, values);
            },
            () => {
              emit(one.body.slice(1), values);
            },
          );
          break;
        case 'choose':
          values.push(
            ...f.choose(f.op('i32.and', pick(one.a), i32(1)), [pick(one.a + 1)], () => {
              emit(one.body, values);
              return [pick(one.a + 2)];
            }),
          );
          break;
        case 'leave':
          f.block((done) => {
            f.branch(done, f.op('i32.and', pick(one.a), i32(1)));
            emit(one.body, values);
          });
      }
    if (list.length > 0) f.update(variables[0] ?? f.variable('i32'), 'i32.add', pick(list.length));
  };
  emit(steps, f.parameters);
  f.return(
    variables.reduce((sum, one) => f.op('i32.add', sum, one), f.op('i32.add', i32(7), f.parameter(0))),
  );
  return f;
}

/** What the statements mean, each local by itself. */
function interpret(f: FunctionBuilder, args: readonly number[]): number {
  const values = new Map<Local, number>(f.parameters.map((parameter, k) => [parameter, args[k] ?? 0]));
  const of = (operand: Operand | undefined): number =>
    operand instanceof Local ? (values.get(operand) ?? 0) : Number(operand?.value ?? 0);
  const operations: Readonly<Record<string, (a: number, b: number) => number>> = {
    'i32.add': (a, b) => (a + b) | 0,
    'i32.sub': (a, b) => (a - b) | 0,
    'i32.mul': Math.imul,
    'i32.and': (a, b) => a & b,
    'i32.shl': (a, b) => a << b,
  };
  /** The label that is branched to. */
  const run = (statements: readonly WasmStatement[]): Label | undefined => {
    for (const statement of statements) {
      let target: Label | undefined;
      switch (statement.kind) {
        case 'operation': {
          const operation = operations[statement.name];
          if (operation === undefined) throw new Error(`no meaning for ${statement.name}`);
          const [a, b] = statement.operands;
          if (statement.result !== undefined) values.set(statement.result, operation(of(a), of(b)));
          break;
        }
        case 'set':
          values.set(statement.local, of(statement.operands[0]));
          break;
        case 'branch':
          if (statement.operands.length === 0 || of(statement.operands[0]) !== 0) return statement.label;
          break;
        case 'if':
          target = run(of(statement.operands[0]) !== 0 ? statement.then : statement.otherwise);
          break;
        case 'block':
        case 'loop':
          do target = run(statement.body);
          while (statement.kind === 'loop' && target === statement.label);
          if (target === statement.label) target = undefined;
          break;
        case 'call':
        case 'comment':
      }
      if (target !== undefined) return target;
    }
    return undefined;
  };
  run([...f.prologue, ...f.body]);
  return of(f.returned[0]);
}

test('a random program computes what its statements mean', () => {
  fc.assert(
    fc.property(programs, fc.integer(), fc.integer(), (steps, x, y) => {
      const f = build(steps);
      const expected = interpret(f, [x, y]);
      const module = new WebAssembly.Module(encodeModule([f], [], [], false));
      const memory = new WebAssembly.Memory({ initial: 0 });
      const { exports } = new WebAssembly.Instance(module, { env: { memory } });
      expect((exports['f'] as (x: number, y: number) => number)(x, y)).toBe(expected);
    }),
    settings(500),
  );
});

test('a chain of values needs as many slots as are alive at a time', () => {
  const f = new FunctionBuilder('f', [['x', 'i32']], 'i32');
  let x = f.parameter(0);
  for (let k = 1; k < 1000; k++) x = f.op('i32.mul', f.op('i32.add', x, i32(k)), x);
  f.return(x);
  expect(slotsOf(f)).toBeLessThanOrEqual(3);
});

describe('kernels stay far below the 50,000 locals and 7.6 million bytes that V8 takes of a function', () => {
  const x = lz.asArray(new Float64Array(4000).fill(0.5));
  const chain = (y: LazyArray, step: (y: LazyArray) => LazyArray): LazyArray => {
    let value = y;
    for (let k = 0; k < 100; k++) value = step(value);
    return value;
  };
  const square = x.reshape([100, 40]);
  test.each<[string, LazyArray]>([
    ['98 sines', chain(x, (y) => y.sin())],
    ['a sum of log gammas', chain(x, (y) => y.add(x.lgamma()))],
    ['log gammas, summed', chain(x, (y) => y.lgamma()).sum()],
    ['along columns', chain(square, (y) => y.tan()).sum(0)],
    ['along rows', chain(square, (y) => y.erf()).sum(1)],
    ['of a transposed array', chain(square.T.add(square.reshape([40, 100])), (y) => y.pow(y.add(1)))],
    ['positions', chain(square, (y) => y.cos()).argmax(0)],
    ['through float16', chain(x, (y) => y.astype('float16').mul(2).astype('float64').sin())],
    ['of int8', chain(x, (y) => y.astype('int8').sin().astype('int8').astype('float64'))],
  ])('%s', (_, root) => {
    const encoding = encode([nodeOf(root)], () => undefined, true);
    const { kernels } = compilePlan('', bindGraph(encoding), { disabled: new Set(), verify: false });
    for (const { kernel } of kernels) {
      if (kernel.kind !== 'loops') continue;
      const module = new ModuleContext(() => 1024);
      const { main } = emitLoops(kernel, module);
      expect(slotsOf(main)).toBeLessThan(2000);
      const bytes = encodeModule([main], [...module.helpers.values()], [...module.imports], true);
      expect(bytes.length).toBeLessThan(1_000_000);
    }
  });
});
