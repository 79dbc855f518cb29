import { suggestField } from '../../../config/field-suggestion.ts'
import { lettersOf } from '../../../config/nearest-name.ts'
import { SCHEMA_FIELDS } from '../../../config/schema-field.ts'
import type { SchemaField } from '../../../config/schema-field.ts'
import { isId } from './shared-id.ts'

/** How shops and CRM systems begin the names of an address's columns. */
const ADDRESS = /^(?:default address|billing|mailing)[\s_]+/i

const BIRTH_FIELDS: readonly SchemaField[] = ['DOBY', 'DOBM', 'DOBD']
/** What people call a whole birthday, beside the name that it has in calls. */
const BIRTHDAYS: ReadonlySet<string> = new Set(['dob', 'birthdate', 'dateofbirth', 'geburtstag', 'geburtsdatum'])

/**
 * The fields that a column of this name fills. A birthday fills three, and a first name two: those of which calls have it
 * under this name, too.
 */
export function fieldsMeantBy(given: string): readonly SchemaField[] {
  const name = given.replace(ADDRESS, '')
  const letters = lettersOf(name)
  const all = Object.keys(SCHEMA_FIELDS) as SchemaField[]
  const traits = all.filter((field) =>
    SCHEMA_FIELDS[field].traits.some((trait: string) => lettersOf(trait.slice(trait.lastIndexOf('.') + 1)) === letters),
  )
  if (traits.length > 0) return traits
  if (BIRTHDAYS.has(letters)) return BIRTH_FIELDS
  const suggested = suggestField(name)
  // An id is sent as it is, and names one person: "Customer" may be a name, and "Advertising" a yes.
  return suggested === undefined || (isId(suggested) && !isCalled(suggested, letters)) ? [] : [suggested]
}

function isCalled(field: SchemaField, letters: string): boolean {
  const { aliases, mistaken } = SCHEMA_FIELDS[field]
  return [field, ...aliases, ...mistaken].some((name) => lettersOf(name) === letters)
}
