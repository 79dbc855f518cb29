/** At most so many findings of a request are named one by one in its answer and in the log. All of them are counted. */
export const MOST_NAMED = 20

/** What was found in a request: the first findings, how many are not named, and how many there are of each code. */
export type Findings<Finding extends { code: string }> = {
  named: Finding[]
  unnamed: number
  counts: Partial<Record<Finding['code'], number>>
}

export function noFindings<Finding extends { code: string }>(): Findings<Finding> {
  return { named: [], unnamed: 0, counts: {} }
}

/** Adds a finding. A request may have half a million, so all but the first ones are only counted. */
export function note<Finding extends { code: string }>(findings: Findings<Finding>, finding: Finding, count = 1): void {
  const code: Finding['code'] = finding.code
  findings.counts[code] = (findings.counts[code] ?? 0) + count
  if (findings.named.length < MOST_NAMED) findings.named.push(finding)
  else findings.unnamed += 1
}
