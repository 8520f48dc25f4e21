/** What work costs (1 = one add), on graph nodes. On expressions: `weigher` in `expression.ts`. */
import { opRow } from '../ir/ops.ts';
import type { Node } from '../ir/node.ts';
import { kindRow } from '../ir/schema.ts';

/** Work that is stored and loaded rather than repeated in each kernel. */
export const shareWeight = 16;

/** The node itself, without its inputs. */
export const ownWeight = (node: Node<unknown>): number =>
  kindRow(node.kind).weight + (node.kind === 'map' ? opRow(node.op).weight : 0);
