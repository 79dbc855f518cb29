/** The example of RudderStack's description of the destination, to the letter: it writes `Email` in one list. */
export const SEED_EXAMPLE = {
  type: 'track',
  event: 'USER_ADD',
  messageId: 'seed',
  properties: {
    sessionIdAdd: 123,
    sessionIdDelete: 456,
    batchSequence: 10,
    lastBatchFlag: true,
    userListAdd: [
      { EMAIL: 'name1@abc.com', FN: 'name1' },
      { EMAIL: 'name2@abc.com', FN: 'name2' },
    ],
    userListDelete: [
      { Email: 'name3@abc.com', FN: 'name3' },
      { Email: 'name4@abc.com', FN: 'name4' },
    ],
  },
}
