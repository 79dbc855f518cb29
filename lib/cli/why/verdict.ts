/** What is the matter with a person and an audience: a word for programs, and sentences for people. */
export type Verdict = {
  state:
    | 'in'
    | 'out'
    | 'waiting'
    | 'given_up'
    | 'not_delivered'
    | 'unsure'
    | 'never_heard_of'
    | 'unnamed'
    | 'trial_run'
    | 'erased'
  /** How it stands. */
  standing: string
  /** What would make it different. */
  change: string
}

/** What can be done about people in an ad account. */
export const ACCOUNTS_ONLY_ERASE = 'Only erasures go to an ad account: they take people out of its other audiences.'
