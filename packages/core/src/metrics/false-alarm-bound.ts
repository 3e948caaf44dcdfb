/**
 * How likely a threshold calls the next nominal image defective, at most: (1 + m) / (n + 1), where m of n held-out nominal scores
 * reach it. It is the conformal p-value of the threshold (Vovk, Gammerman and Shafer 2005), and 1 / (n + 1) at best: n images
 * cannot promise more.
 *
 * It holds where the next image comes about as the held-out ones did (they are exchangeable: the same parts, camera and light), and
 * on average over which images were held out, not for these very ones.
 * @returns null where there are no held-out scores.
 */
export function falseAlarmBound(heldOutScores: ArrayLike<number>, threshold: number): number | null {
  if (heldOutScores.length === 0) return null;
  const reaching = Array.from(heldOutScores).filter((score) => score >= threshold).length;
  return (1 + reaching) / (heldOutScores.length + 1);
}
