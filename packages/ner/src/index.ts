/** The face of @sluice/ner: names and places by a small model, in worker threads. */

export { KNOWN_MODELS, type KnownModel, type ModelFile } from './known-models.ts'
export { DEFAULT_LABELS } from './labels.ts'
export { NerDetector, type NerOptions } from './ner-detector.ts'
export { type PullSource, pullModel } from './pull-model.ts'
export { type Verification, verifyModel } from './verify-model.ts'
