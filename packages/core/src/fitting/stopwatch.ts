/** Images a second since the start, and the seconds that are left of this epoch and those after it. */
export function stopwatch(imagesPerEpoch: number) {
  const start = performance.now();
  let images = 0;
  const imagesPerSecond = () => images / ((performance.now() - start) / 1000);
  return {
    count(more: number) {
      images += more;
    },
    imagesPerSecond,
    secondsLeft(epochsAfter: number) {
      const leftOfEpoch = (imagesPerEpoch - (images % imagesPerEpoch)) % imagesPerEpoch;
      return (leftOfEpoch + epochsAfter * imagesPerEpoch) / imagesPerSecond();
    },
  };
}
