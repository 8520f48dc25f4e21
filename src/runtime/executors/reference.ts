/** The reference evaluator: node by node, from the meaning of an expression, without a plan. It runs everywhere. */
import { copyOf, type TypedArray } from '../../ir/dtype.ts';
import { evaluateReference } from '../../ir/reference.ts';
import type { Computation } from '../evaluate/computation.ts';
import {
  hostValues,
  unknownOffer,
  type Input,
  type Offer,
  type Outcome,
  type SyncExecutor,
} from './executor.ts';

export const referenceExecutor = {
  name: 'reference',
  profile: undefined,
  unavailable: undefined,
  isLastResort: true,
  answersAtOnce: true,
  offer(): Offer<SyncExecutor> {
    return { ...unknownOffer, executor: this };
  },
  run(work: Computation, inputs: readonly Input[], out: readonly TypedArray[] | undefined): Outcome {
    const values = evaluateReference(work.meaning, inputs.map(hostValues));
    return {
      values: values.map((result, root) => {
        const given = out?.[root];
        // A result may be an input, whose memory is another's.
        if (given === undefined) return copyOf(result, 'evaluate');
        given.set(result as never);
        return given;
      }),
    };
  },
  codeOf: () => undefined,
  threadsOf: () => null,
} as const satisfies SyncExecutor;
