// Access key ids of Amazon Web Services: 20 characters of base 32 after a prefix for the kind of key
// (AWS IAM User Guide, "IAM identifiers", unique id prefixes).
import type { Recognizer } from '../recognizer.ts'

export const awsAccessKey: Recognizer = {
  entity: 'AWS_ACCESS_KEY',
  patterns: [
    {
      source: '(?<![A-Za-z0-9])(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])',
      score: 0.95,
    },
  ],
}
