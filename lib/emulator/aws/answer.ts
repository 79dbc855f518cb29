export type AwsAnswer = { status: number; body: Record<string, unknown>; headers?: Record<string, string> }

/** An error as the AWS JSON protocol writes it: its type is the last part of `__type`. */
export function awsError(type: string, message?: string): AwsAnswer {
  return { status: 400, body: { __type: type, ...(message !== undefined && { message }) } }
}
