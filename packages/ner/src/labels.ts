/** Which entities a model's labels are. Labels are BIO: `B-` begins one, `I-` goes on, `O` is none. */

/** Labels by entity, for the models that are known and those that name things alike. */
export const DEFAULT_LABELS: Readonly<Record<string, readonly string[]>> = {
  PERSON: ['GIVEN_NAME', 'SURNAME', 'FIRSTNAME', 'LASTNAME', 'PER', 'PERSON'],
  LOCATION: [
    ...['STREET_NAME', 'BUILDING_NUMBER', 'SECONDARY_ADDRESS', 'CITY', 'STATE', 'ZIP_CODE'],
    ...['LOC', 'GPE', 'LOCATION'],
  ],
}

/**
 * For each label by its number, the number of its entity; -1 for a label that is none of them.
 * @param id2label `id2label` of the model's config.json
 */
export function entityByLabel(
  id2label: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, readonly string[]>>,
): Int32Array {
  const entities = Object.keys(labels)
  const byLabel = new Int32Array(Object.keys(id2label).length).fill(-1)
  for (const [id, label] of Object.entries(id2label)) {
    const bare = label.replace(/^[BI]-/, '')
    byLabel[Number(id)] = entities.findIndex((entity) => labels[entity]?.includes(bare))
  }
  return byLabel
}
