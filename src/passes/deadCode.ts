/** Pass "dead code": drops nodes that no root needs any more. */
import { graphOf, type Graph } from './graph.ts';

export const deadCode = (graph: Graph): Graph => graphOf(graph.roots);
