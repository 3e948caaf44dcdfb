/** What Prometheus is told. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface ServerMetrics {
  readonly contentType: string;
  /** In Prometheus' text format. */
  text(): Promise<string>;
  request(method: string, route: string, status: number, seconds: number): void;
  image(verdict: string): void;
  batch(images: number, seconds: number): void;
}

/** @param queue how many images are inside, and how many of them wait for a batch, whenever it is asked for. */
export function serverMetrics(queue: () => { images: number; waiting: number }): ServerMetrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const registers = [register];
  const requests = new Counter({
    name: 'adfw_http_requests_total',
    help: 'Requests, by what they were answered with.',
    labelNames: ['method', 'route', 'status'],
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
    labelNames: ['verdict'],
    registers,
  });
  const batchImages = new Histogram({
    name: 'adfw_batch_images',
    help: 'Images that were scored at once.',
    buckets: [1, 2, 4, 8, 16, 32, 64],
    registers,
  });
  const batchSeconds = new Histogram({
    name: 'adfw_batch_duration_seconds',
    help: 'What a batch took to score.',
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
    registers,
  });
  new Gauge({
    name: 'adfw_queue_images',
    help: 'Images of requests that are not answered yet.',
    registers,
    collect() {
      this.set(queue().images);
    },
  });
  new Gauge({
    name: 'adfw_batch_waiting_images',
    help: 'Images among them that are decoded and wait for a batch.',
    registers,
    collect() {
      this.set(queue().waiting);
    },
  });
  return {
    contentType: register.contentType,
    text: () => register.metrics(),
    request(method, route, status, seconds) {
      requests.inc({ method, route, status });
      durations.observe({ route }, seconds);
    },
    image: (verdict) => images.inc({ verdict }),
    batch(count, seconds) {
      batchImages.observe(count);
      batchSeconds.observe(seconds);
    },
  };
}
