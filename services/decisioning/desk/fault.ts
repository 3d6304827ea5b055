// A question to the desk of policies that cannot be answered, told in a sentence.

export class DeskFault extends Error {}
