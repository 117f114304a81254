/**
 * The parts of prom-client that a gateway needs, each from its own file: its index loads sixty files of OpenTelemetry for
 * the exemplars of one metric. The version is exact in package.json, because these paths are no promise of prom-client's.
 */
import type * as prometheus from 'prom-client'
import { require } from '../commonjs.ts'

export const Counter = require('prom-client/lib/counter.js') as typeof prometheus.Counter
export type Counter<Label extends string = string> = prometheus.Counter<Label>
export const Gauge = require('prom-client/lib/gauge.js') as typeof prometheus.Gauge
export const Histogram = require('prom-client/lib/histogram.js') as typeof prometheus.Histogram
export type Histogram<Label extends string = string> = prometheus.Histogram<Label>
export const Registry = require('prom-client/lib/registry.js') as typeof prometheus.Registry
export type Registry = prometheus.Registry

type Collector = (
  registry: Registry,
  config: prometheus.DefaultMetricsCollectorConfiguration<prometheus.RegistryContentType>,
) => void

/** The default metrics of prom-client, without that of processor time, which is what needs OpenTelemetry. */
export const COLLECTORS = [
  'processStartTime',
  'osMemoryHeap',
  'processOpenFileDescriptors',
  'processMaxFileDescriptors',
  'eventLoopLag',
  'processResources',
  'processHandles',
  'processRequests',
  'heapSizeAndUsed',
  'heapSpacesSizeAndUsed',
  'version',
  'gc',
].map((name) => require(`prom-client/lib/metrics/${name}.js`) as Collector)
