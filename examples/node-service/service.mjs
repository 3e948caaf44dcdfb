// node service.mjs MODEL [GOOD]: says of images that are posted whether they are anomalous. Where there is no folder MODEL yet, a
// detector is fitted to the images of good parts in the folder GOOD, and saved as it. PORT is the port, 8080 by default.
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { createDetector, DataError, loadDetector } from 'adfw';

const [model = 'model', good] = process.argv.slice(2);

if (!existsSync(model) && good) {
  const detector = await createDetector({
    method: 'stfpm',
    model: { teacher: { weights: 'built-in' }, training: { epochs: 20 } },
  });
  const onProgress = (event) => {
    if (event.type === 'epoch') console.error(`epoch ${event.record.epoch} of ${event.epochs}`);
  };
  await detector.fit(good, { onProgress });
  await detector.save(model);
  await detector.dispose();
}

const detector = await loadDetector(model);
let waiting = 0;
const server = createServer(async (request, response) => {
  const answer = (status, body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
  if (request.method !== 'POST') return answer(405, { error: 'POST an image.' });
  if (waiting >= 8) return answer(429, { error: 'Too busy; try again.' });
  waiting++;
  try {
    const { score, anomalous, threshold } = await detector.predict(await buffer(request));
    answer(200, { score, anomalous, threshold });
  } catch (error) {
    answer(error instanceof DataError ? 400 : 500, { error: error.message });
  } finally {
    waiting--;
  }
});
server.listen(process.env.PORT ?? 8080, 'localhost', () => console.log(server.address().port));
process.once('SIGTERM', () => server.close(() => detector.dispose()));
