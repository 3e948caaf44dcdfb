/** What `adfw run` does when it is given no data: small enough to train in a minute or two, with nothing downloaded. */
import {
  type ExperimentLayer,
  isRecord,
  type JsonRecord,
  type Method,
  pretrainedSlots,
  type Registry,
} from '@adfw/core';
import { builtInNetwork } from '@adfw/networks';

/** The generated dataset. */
export const sampleExperiment: ExperimentLayer = {
  source: 'the built-in sample',
  document: { dataset: { type: 'sample' }, images: { size: 128 } },
};

/** What a method has of its own for the sample: as few epochs as it needs. */
export const methodSample = ({ name, sample = {} }: Method): ExperimentLayer => ({
  source: `method "${name}" on the built-in sample`,
  document: sample,
});

/**
 * The network that comes with adfw, in place of one that would be downloaded; networks that are like it have its architecture too.
 * @param model of the experiment so far.
 * @param isAsked whether a user has said which network is to be in a slot of the model.
 */
export function sampleNetwork(
  registry: Registry,
  model: JsonRecord,
  isAsked: (slot: string) => boolean,
): ExperimentLayer {
  const slots = pretrainedSlots(registry, model).filter((slot) => {
    const choice = model[slot];
    return isRecord(choice) && choice.type === builtInNetwork.architecture && !isAsked(slot);
  });
  const network = {
    type: builtInNetwork.architecture,
    weights: 'built-in',
    innerChannels: builtInNetwork.innerChannels,
  };
  return {
    source: "the built-in sample's network",
    document: slots.length > 0 ? { model: Object.fromEntries(slots.map((slot) => [slot, network])) } : {},
  };
}
