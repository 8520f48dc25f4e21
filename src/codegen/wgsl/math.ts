/** Math functions of float32 as WGSL functions. */
import { InternalError } from '../../ir/errors.ts';
import type { MathFunction } from '../../ir/math/functions.ts';
import { laneByLane } from './functions.ts';
import type { Width } from './registers.ts';

const builtins: Readonly<Partial<Record<MathFunction, string>>> = {
  pow: 'pow(x, y)',
  atan2: 'atan2(x, y)',
  hypot: 'sqrt(x * x + y * y)',
  cbrt: 'sign(x) * pow(abs(x), 1f / 3f)',
  expm1: 'exp(x) - 1f',
  log1p: 'log(1f + x)',
  log10: 'log(x) / 2.302585092994046f',
};
const binary: ReadonlySet<MathFunction> = new Set<MathFunction>(['pow', 'atan2', 'hypot']);
const ofLanguage: ReadonlySet<MathFunction> = new Set<MathFunction>([
  'exp',
  'exp2',
  'log',
  'log2',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'asinh',
  'acosh',
  'atanh',
]);

export function mathText(name: MathFunction, width: Width, into: Map<string, string>): string {
  const body = builtins[name] ?? (ofLanguage.has(name) ? `${name}(x)` : undefined);
  if (body === undefined) throw new InternalError('webgpu', `${name} has no code yet`);
  const called = `math_${name}`;
  const two = binary.has(name);
  into.set(called, `fn ${called}(x: f32${two ? ', y: f32' : ''}) -> f32 { return ${body}; }`);
  if (width === 1) return called;
  into.set(`${called}x4`, laneByLane(called, two ? ['f32', 'f32'] : ['f32'], 'f32'));
  return `${called}x4`;
}
