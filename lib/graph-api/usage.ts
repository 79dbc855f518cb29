import * as v from 'valibot'

/** How much of its limits the caller has used, from the headers of one answer. */
export type Usage = {
  adAccounts: readonly { id: string; percent: number; regainSeconds: number }[]
  appPercent: number | undefined
  /** The score of the ad account. It is only reported: recordings show 100 although every call succeeded. */
  accountPercent: number | undefined
}

const percent = v.optional(v.number(), 0)
const businessUse = v.record(
  v.string(),
  v.array(
    v.object({
      type: v.optional(v.string()),
      call_count: percent,
      total_cputime: percent,
      total_time: percent,
      estimated_time_to_regain_access: percent,
    }),
  ),
)
const appUse = v.object({ call_count: percent, total_cputime: percent, total_time: percent })
const accountUse = v.object({ acc_id_util_pct: percent })

/**
 * Reads Meta's usage headers. `estimated_time_to_regain_access` is in minutes.
 * Source: developers.facebook.com/docs/graph-api/overview/rate-limiting.
 */
export function readUsage(headers: Pick<Headers, 'get'>): Usage {
  const accounts = parse(businessUse, headers.get('x-business-use-case-usage')) ?? {}
  const app = parse(appUse, headers.get('x-app-usage'))
  return {
    adAccounts: Object.entries(accounts).flatMap(([id, uses]) => {
      const relevant = uses.filter(({ type }) => type === undefined || type === 'custom_audience')
      if (relevant.length === 0) return []
      const percent = Math.max(...relevant.flatMap((use) => [use.call_count, use.total_cputime, use.total_time]))
      const regainMinutes = Math.max(...relevant.map((use) => use.estimated_time_to_regain_access))
      return [{ id, percent, regainSeconds: regainMinutes * 60 }]
    }),
    appPercent: app && Math.max(app.call_count, app.total_cputime, app.total_time),
    accountPercent: parse(accountUse, headers.get('x-ad-account-usage'))?.acc_id_util_pct,
  }
}

function parse<T extends v.GenericSchema>(schema: T, header: string | null): v.InferOutput<T> | undefined {
  if (header === null) return undefined
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), header)
  return parsed.success ? parsed.output : undefined
}
