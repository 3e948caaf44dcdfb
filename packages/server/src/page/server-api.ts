/** The server, as the page asks it. */
import type { ErrorAnswer } from '../http-error.js';
import type { ImageAnswer, PredictionAnswer } from '../predict/prediction-answer.js';

export interface ModelAnswer {
  readonly name: string;
  readonly method: string;
  readonly dataset: string | null;
  readonly threshold: number | null;
  readonly imageSize: { readonly height: number; readonly width: number };
  readonly hasMaps: boolean;
  readonly mapRange: { readonly min: number; readonly max: number } | null;
  readonly limits: { readonly bodyBytes: number };
}

/** The server refuses for want of its token, or has another one. */
export class TokenNeeded extends Error {}

const TOKEN = 'adfw-token';

export const rememberToken = (token: string): void => sessionStorage.setItem(TOKEN, token);

/** How often an image is sent again that the server had no room for. */
const PATIENCE = 5;

/** The name of the one that images are sent to; null for the first, by whatever name. */
let chosen: string | null = null;

export const chooseModel = (name: string): void => {
  chosen = name;
};

/** The address below which the chosen model answers. */
const below = (): string => (chosen === null ? '' : `/models/${encodeURIComponent(chosen)}`);

/** All that are served, and which of them is chosen. */
export async function getModels(): Promise<{ models: readonly ModelAnswer[]; model: ModelAnswer }> {
  const { models } = await ask<{ models: readonly ModelAnswer[] }>('/models', {});
  const model = models.find(({ name }) => name === chosen) ?? (models[0] as ModelAnswer);
  return { models, model };
}

const getModel = (): Promise<ModelAnswer> => ask<ModelAnswer>(chosen === null ? '/model' : below(), {});

/** @throws Error whose message is for the person at the page. */
export async function predict(image: Blob, name: string, signal: AbortSignal): Promise<ImageAnswer> {
  const body = new FormData();
  body.append('image', image, name);
  // The server may have been started again since, with another model.
  const { hasMaps } = await getModel();
  const { predictions } = await ask<PredictionAnswer>(
    `${below()}/predict${hasMaps ? '?include=outline,heatMap' : ''}`,
    {
      method: 'POST',
      body,
      signal,
    },
  );
  return predictions[0] as ImageAnswer;
}

async function ask<T>(url: string, request: RequestInit): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const token = sessionStorage.getItem(TOKEN);
    const headers = { accept: 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    let response: Response;
    try {
      response = await fetch(url, { ...request, headers });
    } catch (error) {
      if ((error as Error).name === 'AbortError') throw error;
      throw new Error('The server does not answer. Is it still running?');
    }
    if (response.ok) return response.json();
    const { error } = await response
      .json()
      .then((answer: ErrorAnswer) => answer)
      .catch(() => ({ error: `The server answered with ${response.status}.` }));
    if (response.status === 401)
      throw new TokenNeeded(token ? 'This is not the token of the server.' : error);
    if (response.status !== 429 || attempt === PATIENCE) throw new Error(error);
    await seconds(Number(response.headers.get('retry-after') ?? 1));
  }
}

const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1000));
