/**
 * Which nodes are results of one call: those of one routine with the same settings and inputs. The routine runs once
 * for all of them.
 */
import { settingsText } from '../ir/schema.ts';
import type { PlanNode } from './graph.ts';

/** What makes the results of each call. */
export class Calls<Maker> {
  readonly #numbers = new Map<PlanNode, number>();
  /** By what the call is, and by result. */
  readonly #calls = new Map<string, { readonly maker: Maker; readonly results: Set<number> }>();

  /** What makes the other results of the call that `node` is a result of, if there is one; `node` is one of them then. */
  find(node: PlanNode): Maker | undefined {
    if (node.kind !== 'routine') return undefined;
    const call = this.#calls.get(this.#keyOf(node));
    // Without value numbering, equal nodes are results of two calls.
    if (call === undefined || call.results.has(node.result)) return undefined;
    call.results.add(node.result);
    return call.maker;
  }

  add(node: PlanNode, maker: Maker): void {
    if (node.kind === 'routine')
      this.#calls.set(this.#keyOf(node), { maker, results: new Set([node.result]) });
  }

  #keyOf({ routine, settings, inputs }: PlanNode & { readonly kind: 'routine' }): string {
    return `${routine}${settingsText(settings)}(${inputs.map((input) => this.#numberOf(input)).join()})`;
  }

  #numberOf(node: PlanNode): number {
    let number = this.#numbers.get(node);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(node, number);
    }
    return number;
  }
}
