/**
 * LinUCB, a bandit that chooses by context: Li, Chu, Langford and Schapire, "A Contextual-Bandit Approach to Personalized
 * News Article Recommendation" (WWW 2010, algorithm 1, disjoint linear models).
 *
 * @module
 */

/** One arm: what its reward is expected to be in a context, and how sure that is. */
export class LinUcbArm {
  readonly #dimension: number;
  /** Inverse of the identity plus the sum of outer products of the contexts, row by row. */
  readonly #inverse: Float64Array;
  /** Sum of the contexts, each times its reward. */
  readonly #weighted: Float64Array;
  readonly #product: Float64Array;

  /** For contexts of `dimension` numbers, best each about 0 to 1. */
  constructor(dimension: number) {
    this.#dimension = dimension;
    this.#inverse = new Float64Array(dimension * dimension);
    for (let i = 0; i < dimension; i++) this.#inverse[i * dimension + i] = 1;
    this.#weighted = new Float64Array(dimension);
    this.#product = new Float64Array(dimension);
  }

  /** Upper end of the confidence interval of the reward in the context at `offset` of `contexts`, `alpha` wide. */
  score(contexts: Float64Array, offset: number, alpha: number): number {
    const variance = this.#spread(contexts, offset);
    let expected = 0;
    for (let i = 0; i < this.#dimension; i++) expected += this.#product[i]! * this.#weighted[i]!;
    return expected + alpha * Math.sqrt(variance);
  }

  /** The arm was chosen in that context and brought `reward`. */
  learn(contexts: Float64Array, offset: number, reward: number): void {
    const variance = this.#spread(contexts, offset);
    const n = this.#dimension;
    // Sherman and Morrison's formula: the inverse after adding the outer product of the context.
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) this.#inverse[i * n + j]! -= this.#product[i]! * this.#product[j]! / (1 + variance);
      this.#weighted[i]! += reward * contexts[offset + i]!;
    }
  }

  /** Leaves the context times the inverse in `#product`, and answers that times the context. */
  #spread(contexts: Float64Array, offset: number): number {
    const n = this.#dimension;
    let variance = 0;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += this.#inverse[i * n + j]! * contexts[offset + j]!;
      this.#product[i] = sum;
      variance += sum * contexts[offset + i]!;
    }
    return Math.max(variance, 0);
  }
}
