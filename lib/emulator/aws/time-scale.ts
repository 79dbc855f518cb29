/** Seconds times the scale, rounded up because SQS takes only whole seconds; 0 stays 0. */
export function scaleSeconds(seconds: number, timeScale: number): number {
  return Math.ceil(seconds * timeScale)
}

const WAITS: Record<string, 'VisibilityTimeout' | 'DelaySeconds'> = {
  ChangeMessageVisibility: 'VisibilityTimeout',
  ChangeMessageVisibilityBatch: 'VisibilityTimeout',
  ReceiveMessage: 'VisibilityTimeout',
  SendMessage: 'DelaySeconds',
  SendMessageBatch: 'DelaySeconds',
}

/** An SQS request with its wait, and those of its batch entries, multiplied by the scale. */
export function scaleWaits(action: string, input: Record<string, unknown>, timeScale: number): Record<string, unknown> {
  const wait = WAITS[action]
  if (!wait) return input
  const scaled = (entry: Record<string, unknown>) =>
    typeof entry[wait] === 'number' ? { ...entry, [wait]: scaleSeconds(entry[wait], timeScale) } : entry
  const entries = input.Entries
  return {
    ...scaled(input),
    ...(Array.isArray(entries) && { Entries: (entries as Record<string, unknown>[]).map(scaled) }),
  }
}
