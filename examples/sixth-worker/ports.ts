// What screening asks of the world: the names of the lists an enterprise is on; null: no answer.
export type Watchlist = (lenderId: string, uscc: string) => Promise<string[] | null>;
