/** The detectors of a gateway: each made once, by its name, and bounded. Nothing is loaded or connected before it is asked. */
import type { Dispatcher } from 'undici'
import type { DetectorSettings } from './detector-settings.ts'
import type { DetectorFailure } from './failure.ts'
import { HttpDetector } from './http-detector.ts'
import { type EndableDetector, LimitedDetector } from './limited-detector.ts'
import { ModelDetector } from './model-detector.ts'
import { PresidioDetector } from './presidio-detector.ts'

export type Detectors = Readonly<Record<string, LimitedDetector>>

/** Told of each text that a detector could not judge: its name, and why. */
type OnFailure = (name: string, failure: DetectorFailure) => void

/** @param dispatcher of connections to detectors that are elsewhere */
export function createDetectors(
  settings: Readonly<Record<string, DetectorSettings>>,
  dispatcher: Dispatcher,
  onFailure: OnFailure = () => {},
): Detectors {
  const entries = Object.entries(settings).map(([name, setting]) => [
    name,
    new LimitedDetector(name, detectorOf(setting, dispatcher), {
      ...setting,
      onFailure: (failure) => onFailure(name, failure),
    }),
  ])
  return Object.fromEntries(entries)
}

function detectorOf(settings: DetectorSettings, dispatcher: Dispatcher): EndableDetector {
  switch (settings.kind) {
    case 'http':
      return new HttpDetector({ ...settings, dispatcher })
    case 'presidio':
      return new PresidioDetector({ ...settings, dispatcher })
    case 'model':
      return new ModelDetector(settings)
  }
}
