// A question to the desk of the ledger that cannot be answered, told in a sentence.

export class DeskFault extends Error {}
