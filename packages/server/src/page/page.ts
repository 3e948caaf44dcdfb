/** What a person does on the page: drops a file, picks one, takes a picture, and looks at the result. */
import { type Camera, openCamera } from './camera.js';
import { element } from './element.js';
import { showOldResult, showResult, showScale } from './result-view.js';
import { chooseModel, getModels, predict, rememberToken, TokenNeeded } from './server-api.js';

/** What is to be done once the server's token is known. */
let afterToken: (() => void) | null = null;
let camera: Camera | null = null;
/** Ends the request for an image that another one has replaced. */
let running: AbortController | null = null;
/** Bytes that the server takes, once it has said so. */
let mostBytes = Number.POSITIVE_INFINITY;

const say = (status: string): void => {
  element('status').textContent = status;
};

function complain(error: unknown, again: () => void): void {
  if ((error as Error).name === 'AbortError') return;
  say('');
  const needsToken = error instanceof TokenNeeded;
  element('token-form').hidden = !needsToken;
  if (needsToken) {
    afterToken = again;
    element('token').focus();
  }
  element('error').textContent = (error as Error).message;
  element('error').hidden = false;
}

function begin(status: string): void {
  element('error').hidden = true;
  say(status);
}

async function showModel(): Promise<void> {
  try {
    const { models, model } = await getModels();
    const { method, dataset, imageSize, limits, threshold, mapRange } = model;
    showChoice(
      models.map(({ name }) => name),
      model.name,
    );
    mostBytes = limits.bodyBytes;
    showScale(mapRange, threshold);
    element('model').textContent =
      `${method}${dataset === null ? '' : ` on ${dataset}`}, at ${imageSize.width} × ${imageSize.height} pixels`;
    element('token-form').hidden = true;
  } catch (error) {
    complain(error, () => {
      begin('');
      void showModel();
    });
  }
}

const modelName = element<HTMLSelectElement>('model-name');

/** Nothing is to be chosen where there is one model. */
function showChoice(names: readonly string[], chosen: string): void {
  element('model-choice').hidden = names.length === 1;
  modelName.replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
}
modelName.addEventListener('change', () => {
  chooseModel(modelName.value);
  begin('');
  void showModel();
  // What another model says of the same image.
  if (last) void score(last.image, last.name);
});

/** What was looked at. */
let last: { readonly image: Blob; readonly name: string } | null = null;

async function score(image: Blob, name: string): Promise<void> {
  last = { image, name };
  running?.abort();
  const controller = new AbortController();
  running = controller;
  begin(`Looking at ${name} …`);
  showOldResult();
  try {
    if (image.size > mostBytes) throw new Error(tooLarge(name));
    const answer = await predict(image, name, controller.signal);
    showResult(answer, image, name);
    say('');
    element('token-form').hidden = true;
  } catch (error) {
    complain(error, () => void score(image, name));
  }
}

const tooLarge = (name: string): string =>
  `${name} is larger than ${Number((mostBytes / 2 ** 20).toFixed(1))} MiB, which is all this server takes.`;

function scoreFiles(files: FileList | null | undefined): void {
  const [file, ...others] = files ?? [];
  if (!file) {
    complain(new Error('That was no file. Drop an image file, or choose one.'), () => {});
    return;
  }
  void score(file, file.name).then(() => {
    if (others.length > 0) say(`One image is shown at a time: this is the first of ${others.length + 1}.`);
  });
}

element('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  rememberToken(element<HTMLInputElement>('token').value.trim());
  const retry = afterToken;
  afterToken = null;
  void showModel().then(() => retry?.());
});

const fileInput = element<HTMLInputElement>('file');
fileInput.addEventListener('change', () => {
  if (fileInput.files?.length) scoreFiles(fileInput.files);
  // The same file may be chosen again.
  fileInput.value = '';
});

// Anywhere on the page: a file that is dropped beside the box would replace the page.
let depth = 0;
const dragging = (change: 1 | -1 | 0) => {
  depth = change === 0 ? 0 : depth + change;
  document.body.classList.toggle('dragging', depth > 0);
};
document.addEventListener('dragenter', () => dragging(1));
document.addEventListener('dragleave', () => dragging(-1));
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  dragging(0);
  scoreFiles(event.dataTransfer?.files);
});
document.addEventListener('paste', (event) => {
  if (event.clipboardData?.files.length) scoreFiles(event.clipboardData.files);
});

const takeButton = element<HTMLButtonElement>('camera-take');
const showCamera = (shown: boolean): void => {
  element('camera').hidden = !shown;
  element('drop').hidden = shown;
  takeButton.disabled = true;
};
element('camera-open').addEventListener('click', async () => {
  begin('Waiting for the camera …');
  try {
    showCamera(true);
    camera = await openCamera(element<HTMLVideoElement>('video'));
    say('');
    takeButton.disabled = false;
    takeButton.focus();
  } catch (error) {
    showCamera(false);
    complain(error, () => {});
  }
});
takeButton.addEventListener('click', async () => {
  try {
    const picture = await camera?.take();
    if (picture) await score(picture, 'picture.jpg');
  } catch (error) {
    complain(error, () => {});
  }
});
element('camera-close').addEventListener('click', () => {
  camera?.close();
  camera = null;
  showCamera(false);
  element('camera-open').focus();
});

const strength = element<HTMLInputElement>('strength');
const showStrength = (): void => {
  element('heat').style.setProperty('opacity', String(Number(strength.value) / 100));
  element('strength-value').textContent = `${strength.value} %`;
};
strength.addEventListener('input', showStrength);
showStrength();

const outlineBox = element<HTMLInputElement>('show-outline');
const showOutline = (): void => {
  element('outline').toggleAttribute('hidden', !outlineBox.checked);
};
outlineBox.addEventListener('change', showOutline);
showOutline();

void showModel();
