/** How a check ended. What could not be asked for want of a permission, or because of a limit, is skipped. */
export type Outcome = 'ok' | 'warn' | 'fail' | 'skipped'

/** What was found, and what to click or paste about it. */
export type Finding = { outcome: Outcome; finding: string; fix?: string }

export type Check = Finding & { check: string }

/** The checks of one thing, such as an audience. Those of the stack belong to no destination. */
export type CheckGroup = { destination?: string; subject: string; checks: readonly Check[] }

export const ok = (finding: string): Finding => ({ outcome: 'ok', finding })
export const warn = (finding: string, fix: string): Finding => ({ outcome: 'warn', finding, fix })
export const fail = (finding: string, fix: string): Finding => ({ outcome: 'fail', finding, fix })
export const skipped = (finding: string, fix?: string): Finding => ({
  outcome: 'skipped',
  finding,
  ...(fix !== undefined && { fix }),
})

/** Checks by their names; those that do not apply are undefined. */
export function checksOf(findings: Readonly<Record<string, Finding | undefined>>): Check[] {
  return Object.entries(findings).flatMap(([check, finding]) => (finding ? [{ check, ...finding }] : []))
}
