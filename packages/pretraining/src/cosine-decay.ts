/**
 * The factor on the learning rate at each step, from 1 to `steps`: it rises from near 0 to 1 over the first `warmup` steps, then
 * falls to 0 along half a cosine (Loshchilov and Hutter 2017, "SGDR", eq. 5, one period).
 */
export function cosineDecay(steps: number, warmup: number): (step: number) => number {
  return (step) => {
    if (step <= warmup) return step / (warmup + 1);
    return 0.5 * (1 + Math.cos((Math.PI * (step - warmup - 1)) / (steps - warmup)));
  };
}
