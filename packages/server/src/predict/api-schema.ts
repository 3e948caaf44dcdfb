/** JSON schemas of what the server takes and answers: they write the answers and are the OpenAPI document. */
import { MAX_REGIONS } from './prediction-answer.js';

const number = (description: string) => ({ type: 'number', description });
const integer = (description: string) => ({ type: 'integer', description });
const orNull = <T extends { type: string }>(schema: T) => ({ ...schema, nullable: true });

const pixels = 'in pixels of the image as it was sent';

const region = {
  type: 'object',
  required: ['x', 'y', 'width', 'height', 'area', 'score'],
  properties: {
    x: integer(`Left edge of the box around it, ${pixels}.`),
    y: integer('Its upper edge.'),
    width: integer('Its width.'),
    height: integer('Its height.'),
    area: number('Part of the image that the region itself covers, 0 to 1.'),
    score: number('The highest on the anomaly map within the region.'),
  },
};

const imageAnswer = {
  type: 'object',
  required: [
    'image',
    'width',
    'height',
    'score',
    'normalizedScore',
    'verdict',
    'threshold',
    'map',
    'regions',
    'regionCount',
  ],
  properties: {
    image: orNull({ type: 'string', description: 'Name of the file, where it was sent with one.' }),
    width: integer('Width of the image as it was sent, in pixels.'),
    height: integer('Its height.'),
    score: number('Higher is more anomalous; of most models the maximum of the anomaly map.'),
    normalizedScore: orNull(
      number(
        '0.5 at the threshold, and 1 further by as much as scores of the test set differ; not clipped. null without a threshold, and where the model was made with no two images that score differently.',
      ),
    ),
    verdict: orNull({
      type: 'string',
      enum: ['nominal', 'defective', null],
      description: 'null where the model has no threshold.',
    }),
    threshold: orNull(number('From which score on an image, or a pixel of it, is defective.')),
    map: orNull({
      type: 'object',
      description:
        'About the anomaly map, whose size is what the model works in. null where the model has no maps: it cannot say where.',
      required: ['width', 'height', 'min', 'mean', 'peak', 'defectiveArea'],
      properties: {
        width: integer('Values in a row.'),
        height: integer('Rows.'),
        min: number('The lowest score.'),
        mean: number('The mean score.'),
        peak: {
          type: 'object',
          description: `Where the highest score is, ${pixels}.`,
          required: ['x', 'y'],
          properties: { x: integer('From the left.'), y: integer('From the top.') },
        },
        defectiveArea: orNull(
          number('Part of the image, 0 to 1, that scores as high as the threshold or higher.'),
        ),
      },
    }),
    regions: orNull({
      type: 'array',
      maxItems: MAX_REGIONS,
      description:
        'Connected parts of the image that score as high as the threshold, the highest first; null without a map.',
      items: region,
    }),
    regionCount: orNull(integer(`How many there are; at most ${MAX_REGIONS} are listed.`)),
    outline: {
      type: 'array',
      description: `With include=outline: closed lines around the regions and the holes in them (even-odd rule), points [x, y] ${pixels}.`,
      items: {
        type: 'array',
        items: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 },
      },
    },
    heatMap: {
      type: 'string',
      description:
        'With include=heatMap: the anomaly map in colours, a PNG as a data URL to lay over the image.',
    },
  },
};

const errorAnswer = (description: string) => ({
  description,
  type: 'object',
  required: ['error', 'code'],
  properties: {
    error: { type: 'string', description: 'What is wrong, and what to do.' },
    code: { type: 'string', description: 'The same for programs, as "too-busy".' },
    image: {
      type: 'object',
      description: 'The image that is at fault.',
      required: ['index', 'name'],
      properties: {
        index: integer('Its place in the request, from 0.'),
        name: orNull({ type: 'string', description: 'Name of the file.' }),
      },
    },
  },
});

const binary = { type: 'string', format: 'binary' };

export const includable = ['outline', 'heatMap'] as const;
export type Includable = (typeof includable)[number];

export const predictSchema = {
  operationId: 'predict',
  summary: 'Score images with the model that is served, the first where there are several.',
  description:
    'One image as the body, or one or several as files in the field "image" of a form. Answered with JSON, or, one image and with Accept: image/png, with a picture: the image, its anomaly map and the outline of what is defective. A model without anomaly maps (GET /model says whether it has them) gives numbers only.',
  consumes: ['multipart/form-data', 'image/*', 'application/octet-stream'],
  querystring: {
    type: 'object',
    properties: {
      include: {
        type: 'string',
        description: `What the answer is to have besides, separated by commas: ${includable.join(', ')}. Refused where the model has no anomaly maps.`,
      },
    },
  },
  body: {
    content: {
      'multipart/form-data': {
        schema: {
          type: 'object',
          required: ['image'],
          properties: { image: { type: 'array', items: binary } },
        },
      },
      'image/*': { schema: binary },
      'application/octet-stream': { schema: binary },
    },
  },
  response: {
    200: {
      description: 'The predictions, in the order of the images.',
      content: {
        'application/json': {
          schema: {
            type: 'object',
            required: ['predictions'],
            properties: { predictions: { type: 'array', items: imageAnswer } },
          },
        },
        'image/png': { schema: binary },
      },
    },
    400: errorAnswer(
      'There is no image, the body is malformed, or the answer is to include what there is not.',
    ),
    401: errorAnswer('The token is missing or wrong.'),
    403: errorAnswer('A web page of another origin asks.'),
    406: errorAnswer(
      'Neither JSON nor PNG is accepted, or only a PNG, for several images or of a model without anomaly maps.',
    ),
    408: errorAnswer('The body took too long to arrive.'),
    413: errorAnswer('The body, an image or the number of images is too large.'),
    415: errorAnswer('The body, or an image, is of a kind that cannot be read.'),
    421: errorAnswer('The Host is not a name of this server.'),
    422: errorAnswer('An image is damaged or cut off.'),
    429: errorAnswer('Too many images are waiting; Retry-After says for how many seconds to wait.'),
    500: errorAnswer('The server failed.'),
    503: errorAnswer('The server is about to end.'),
    504: errorAnswer('The images could not be scored in time.'),
  },
};

const aboutModel = {
  type: 'object',
  required: [
    'name',
    'method',
    'dataset',
    'imageSize',
    'threshold',
    'hasMaps',
    'mapRange',
    'limits',
    'engine',
    'since',
    'isStale',
  ],
  properties: {
    name: { type: 'string', description: 'The MODEL of /models/MODEL/predict.' },
    method: { type: 'string' },
    dataset: orNull({
      type: 'string',
      description: 'What it was trained on; null where images were given one by one.',
    }),
    imageSize: {
      type: 'object',
      description: 'What images are resized to.',
      required: ['height', 'width'],
      properties: {
        height: integer('In pixels.'),
        width: integer('In pixels.'),
        fit: {
          enum: ['pad', 'crop'],
          description: 'How their shape is kept; they are stretched where it is missing.',
        },
      },
    },
    threshold: orNull(number('From which score on an image is defective.')),
    hasMaps: {
      type: 'boolean',
      description: 'Whether it gives anomaly maps, and not scores alone.',
    },
    mapRange: orNull({
      type: 'object',
      description:
        'Scores at the ends of the colour scale of all maps; null where each has its own, or there are none.',
      required: ['min', 'max'],
      properties: { min: number('The darkest.'), max: number('The brightest.') },
    }),
    engine: {
      type: 'object',
      required: ['name', 'version', 'provider', 'threads'],
      properties: {
        name: { type: 'string' },
        version: { type: 'string' },
        provider: { type: 'string' },
        threads: integer('On the CPU.'),
      },
    },
    limits: {
      type: 'object',
      required: ['bodyBytes', 'images', 'pixels', 'timeout'],
      properties: {
        bodyBytes: integer('Of a request.'),
        images: integer('Of a request.'),
        pixels: integer('Of an image.'),
        timeout: number('Until a request is answered, in seconds.'),
      },
    },
    since: { type: 'string', description: 'When it was put in its place, as ISO 8601 has it.' },
    isStale: {
      type: 'boolean',
      description:
        'Whether its folder holds another one now that cannot be served; the log of the server says why.',
    },
  },
};

const unauthorized = errorAnswer('The token is missing or wrong.');
const unknownModel = errorAnswer('There is no model of that name.');

/** The part of a path that names a model. */
export const modelParameter = {
  type: 'object',
  required: ['model'],
  properties: { model: { type: 'string', description: 'Its name, as GET /models tells it.' } },
};

export const modelSchema = {
  operationId: 'model',
  summary: 'The model that is served, the first where there are several.',
  response: { 200: aboutModel, 401: unauthorized },
};

export const namedModelSchema = {
  operationId: 'modelOf',
  summary: 'The model of a name.',
  response: { 200: aboutModel, 401: unauthorized, 404: unknownModel },
};

export const modelsSchema = {
  operationId: 'models',
  summary: 'All models that are served, the first one first.',
  response: {
    200: {
      type: 'object',
      required: ['models'],
      properties: { models: { type: 'array', items: aboutModel } },
    },
    401: unauthorized,
  },
};

export const namedPredictSchema = {
  ...predictSchema,
  operationId: 'predictWith',
  summary: 'Score images with the model of a name.',
  params: modelParameter,
  response: { ...predictSchema.response, 404: unknownModel },
};

export const healthSchema = {
  operationId: 'health',
  summary: 'Whether images can be scored; asks for no token.',
  security: [],
  response: {
    200: { type: 'object', required: ['status'], properties: { status: { type: 'string', enum: ['ok'] } } },
    503: errorAnswer('The server is about to end.'),
  },
};

export const metricsSchema = {
  operationId: 'metrics',
  summary: "Metrics in Prometheus' text format.",
  produces: ['text/plain'],
  response: { 200: { type: 'string' }, 401: errorAnswer('The token is missing or wrong.') },
};
