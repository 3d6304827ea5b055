// The payout rail's own book: the money that was really moved.

export interface MovedPayout {
  readonly payoutId: string;
  readonly payee: string;
  readonly amountFen: string;
}

/** What the payout rail has really moved. */
export async function railBook(address: string): Promise<readonly MovedPayout[]> {
  const answer = await fetch(`${address}/rail/book`);
  return ((await answer.json()) as { payouts: MovedPayout[] }).payouts;
}
