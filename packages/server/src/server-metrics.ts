/** What Prometheus is told. */
import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';

/** Metrics of one process as data, which may be sent to another. */
export type MetricsData = readonly MetricObjectWithValues<MetricValue<string>>[];

/** Of several processes together, in Prometheus' text format: sums, but for what is no amount. */
export const summedMetrics = (processes: readonly MetricsData[]): Promise<string> =>
  AggregatorRegistry.aggregate([...processes]).metrics();

export interface ServerMetrics {
  readonly contentType: string;
  /** In Prometheus' text format. */
  text(): Promise<string>;
  data(): Promise<MetricsData>;
  /** @param model of the request's path; empty where it names none. */
  request(method: string, route: string, status: number, seconds: number, model?: string): void;
  image(model: string, verdict: string): void;
  batch(model: string, images: number, seconds: number): void;
  reload(model: string, outcome: 'done' | 'failed'): void;
}

/** How a model is, whenever it is asked for. */
export interface ModelState {
  readonly name: string;
  /** How many images are inside, and how many of them wait for a batch. */
  readonly images: number;
  readonly waiting: number;
  readonly isStale: boolean;
  readonly since: Date;
}

export function serverMetrics(models: () => readonly ModelState[]): ServerMetrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const registers = [register];
  const requests = new Counter({
    name: 'adfw_http_requests_total',
    help: 'Requests, by what they were answered with; the model is that of the path, where it names one.',
    labelNames: ['method', 'route', 'status', 'model'],
    registers,
  });
  const durations = new Histogram({
    name: 'adfw_http_request_duration_seconds',
    help: 'From the headers of a request to the end of its answer.',
    labelNames: ['route'],
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
    registers,
  });
  const images = new Counter({
    name: 'adfw_images_total',
    help: 'Images that were scored, by verdict.',
    labelNames: ['model', 'verdict'],
    registers,
  });
  const batchImages = new Histogram({
    name: 'adfw_batch_images',
    help: 'Images that were scored at once.',
    labelNames: ['model'],
    buckets: [1, 2, 4, 8, 16, 32, 64],
    registers,
  });
  const batchSeconds = new Histogram({
    name: 'adfw_batch_duration_seconds',
    help: 'What a batch took to score.',
    labelNames: ['model'],
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
    registers,
  });
  const reloads = new Counter({
    name: 'adfw_model_reloads_total',
    help: 'How often the folder of a model held another one, which was then served (done) or could not be (failed).',
    labelNames: ['model', 'outcome'],
    registers,
  });
  new Gauge({
    name: 'adfw_processes',
    help: 'Processes that serve.',
    registers,
  }).set(1);
  const gauge = (
    name: string,
    help: string,
    value: (state: ModelState) => number,
    aggregator: 'sum' | 'min' | 'max' = 'sum',
  ) =>
    new Gauge({
      name,
      help,
      aggregator,
      labelNames: ['model'],
      registers,
      collect() {
        for (const state of models()) this.set({ model: state.name }, value(state));
      },
    });
  gauge('adfw_queue_images', 'Images of requests that are not answered yet.', ({ images }) => images);
  gauge(
    'adfw_batch_waiting_images',
    'Images among them that are decoded and wait for a batch.',
    ({ waiting }) => waiting,
  );
  gauge(
    'adfw_model_stale',
    '1 where the folder of a model holds another one that cannot be served.',
    ({ isStale }) => Number(isStale),
    'max',
  );
  gauge(
    'adfw_model_since_seconds',
    'When the model was put in its place, in seconds since 1970.',
    ({ since }) => since.getTime() / 1000,
    'min',
  );
  return {
    contentType: register.contentType,
    text: () => register.metrics(),
    data: () => register.getMetricsAsJSON() as Promise<MetricsData>,
    request(method, route, status, seconds, model = '') {
      requests.inc({ method, route, status, model });
      durations.observe({ route }, seconds);
    },
    image: (model, verdict) => images.inc({ model, verdict }),
    batch(model, count, seconds) {
      batchImages.observe({ model }, count);
      batchSeconds.observe({ model }, seconds);
    },
    reload: (model, outcome) => reloads.inc({ model, outcome }),
  };
}
