/** A setting that is wrong: where it stands, and what to do about it. */
export type SettingProblem = { path: string; message: string }
