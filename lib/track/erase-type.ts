import { createNearMiss } from '../config/nearest-name.ts'

/** What calls and regulation APIs write for an erasure, in any case. */
export const ERASE_TYPES = ['delete', 'delete_only', 'suppress', 'suppress_only', 'suppress_with_delete'] as const
/** What regulation APIs write to take it back. */
export const UNERASE_TYPES = ['unsuppress'] as const

const LONGEST_TYPE = 64

/** What a type of a call, or of a regulation, asks for; undefined for all others. */
export function erasureBy(type: unknown): 'erase' | 'unerase' | undefined {
  const plain = typeof type === 'string' && type.length <= LONGEST_TYPE ? type.trim().toLowerCase() : ''
  if ((ERASE_TYPES as readonly string[]).includes(plain)) return 'erase'
  return (UNERASE_TYPES as readonly string[]).includes(plain) ? 'unerase' : undefined
}

/** The type that was probably meant by one that erases nobody: `erase` and `delet` mean delete. */
export const meantEraseType = createNearMiss([
  ...ERASE_TYPES.map((name) => [name, name] as const),
  ...(['erase', 'erasure', 'forget'] as const).map((name) => [name, 'delete'] as const),
])
