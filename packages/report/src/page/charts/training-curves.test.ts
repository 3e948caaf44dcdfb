import { describe, expect, it } from 'vitest';
import { epoch, epochs } from '../../test-run.test.fixture.js';
import { trainingCurves } from './training-curves.js';

describe('the curves of a training', () => {
  it('are one list for each stage, of each learner by its name', () => {
    const history = [
      epoch(1, { left: [4, 3], right: [5, 6] }, 'pair'),
      epoch(2, { left: [2, 4], right: [3, 5] }, 'pair'),
      epoch(1, { flow: [9, 8] }, 'density'),
    ];
    const training = [
      { stage: 'pair', kept: { left: 1, right: 2 } },
      { stage: 'density', kept: { flow: 1 } },
    ];
    const [pair, density] = trainingCurves(history, training);
    expect(pair).toMatchObject({ stage: 'pair', epochs: 2, learners: ['left', 'right'], keptFor: 'lowest' });
    expect(pair?.points).toHaveLength(8);
    expect(pair?.kept).toEqual([
      { epoch: 1, kind: 'held out', learner: 'left', loss: 3 },
      { epoch: 2, kind: 'held out', learner: 'right', loss: 5 },
    ]);
    expect(density).toMatchObject({ stage: 'density', epochs: 1, learners: ['flow'] });
  });

  it('say why an epoch was kept', () => {
    const keptOf = (history: ReturnType<typeof epochs>, kept: number) =>
      trainingCurves(history, [{ stage: 'networks', kept: { network: kept } }])[0];
    expect(keptOf(epochs([4, 3], [3, 2], [2, 5]), 2)?.keptFor).toBe('lowest');
    expect(keptOf(epochs([4, 3], [3, 2], [2, 5]), 3)?.keptFor).toBe('last');
    expect(keptOf(epochs([4, null], [3, null]), 2)).toMatchObject({
      keptFor: 'nothing held out',
      kept: [{ epoch: 2, kind: 'training', loss: 3 }],
    });
  });

  it('are none of a run that was not trained', () => expect(trainingCurves([], [])).toEqual([]));
});
