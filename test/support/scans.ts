/** Scans by every row of the table of reductions, over every dtype it takes. */
import { running, type ScanSettings } from '../../src/api/nodes/scan.ts';
import type { ComputeDType } from '../../src/ir/dtype.ts';
import { reductions } from '../../src/ir/monoids.ts';
import type { Node } from '../../src/ir/node.ts';
import { takes } from './reductions.ts';

/** Everything that can be scanned of a node along an axis. */
export const allScanned = (node: Node, dtype: ComputeDType, settings: ScanSettings): readonly Node[] =>
  reductions.flatMap((op) => (takes(op, dtype) ? [running(op, node, settings)] : []));
