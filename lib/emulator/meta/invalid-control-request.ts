/** A request to a control endpoint that cannot be carried out; its message is meant for the person who sent it. */
export class InvalidControlRequest extends Error {
  override readonly name = 'InvalidControlRequest'
}
