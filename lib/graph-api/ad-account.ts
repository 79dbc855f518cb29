import * as v from 'valibot'
import type { CallGraph, Called } from './call.ts'

/** An ad account, as Meta tells it. */
export type AdAccount = {
  name: string
  /** 1 is active. */
  status: number | undefined
  /** Whether somebody of its business accepted the custom audience terms. */
  areTermsAccepted: boolean
}

const accepted = v.fallback(v.object({ custom_audience_tos: v.fallback(v.number(), 0) }), { custom_audience_tos: 0 })
const account = v.pipe(
  v.object({
    name: v.fallback(v.string(), ''),
    account_status: v.fallback(v.optional(v.number()), undefined),
    tos_accepted: accepted,
    user_tos_accepted: accepted,
  }),
  v.transform(({ name, account_status: status, tos_accepted, user_tos_accepted }): AdAccount => ({
    ...{ name, status },
    areTermsAccepted: [tos_accepted, user_tos_accepted].some(({ custom_audience_tos }) => custom_audience_tos === 1),
  })),
)

/** Reads an ad account (`act_…`). Source: Meta's reference of the custom audience terms, and its SDKs. */
export async function readAdAccount(call: CallGraph, id: string): Promise<Called<AdAccount>> {
  const parameters = { fields: 'name,account_status,tos_accepted,user_tos_accepted' }
  return call({ method: 'get', path: id, parameters }, account)
}
