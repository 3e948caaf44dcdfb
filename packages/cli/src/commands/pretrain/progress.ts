/** What a pretraining reports while it works, as progress a person can follow. */
import type { PretrainingRunEvent } from '@adfw/runner';
import { count, formatRate, formatRemaining, formatScore, formatSeconds } from '../../shared/format.js';
import type { ProgressView } from '../../shared/progress-view.js';

/** Gives the events to a view. @param title what is trained, on what. */
export function showPretraining(
  view: ProgressView,
  title: string,
  now = () => performance.now(),
): (event: PretrainingRunEvent) => void {
  let since = now();
  let left = 0;
  /** Steps between two records. */
  let stepsInRecord = 0;
  const finish = (what: string) => {
    view.finished(`${what} in ${formatSeconds((now() - since) / 1000)}`);
    since = now();
  };
  const part = (task: string, done: number, total: number, doneText: string) => {
    view.update({ task, fraction: done / total, detail: `${done}/${total}` });
    if (done === total) finish(doneText);
  };
  return (event) => {
    switch (event.type) {
      case 'started':
        view.note(`${title}, into ${event.folder}`);
        break;
      case 'images':
        part('Reading images', event.done, event.total, `Read ${count(event.total, 'image')}`);
        break;
      case 'resumed':
        view.note(`Going on after record ${event.epoch}`);
        break;
      case 'step': {
        const { epoch, epochs, loss, imagesPerSecond, secondsLeft } = event;
        const [step, steps] = [(epoch - 1) * event.steps + event.step, epochs * event.steps];
        stepsInRecord = event.steps;
        left = secondsLeft;
        view.update({
          task: 'Training',
          fraction: step / steps,
          detail: `step ${step}/${steps}, loss ${formatScore(loss)}, ${formatRate(imagesPerSecond)} images/s, ${formatRemaining(secondsLeft)} left`,
        });
        break;
      }
      case 'epoch': {
        const { epoch, loss, imagesPerSecond } = event.record;
        const [step, steps] = [epoch * stepsInRecord, event.epochs * stepsInRecord];
        const remaining = step < steps ? `, ${formatRemaining(left)} left` : '';
        view.milestone(
          `Step ${step}/${steps}: loss ${formatScore(loss.network ?? Number.NaN)}, ${formatRate(imagesPerSecond)} images/s${remaining}`,
        );
        if (step === steps) finish(`Trained ${count(step, 'step')}`);
        break;
      }
      case 'message':
        view.note(event.message);
        break;
      case 'warning':
        view.warn(event.message);
        break;
    }
  };
}
